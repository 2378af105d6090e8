import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 that nobody listened on a moment ago.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/**
 * Whether a server can listen there, on every address of this machine.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
async function isFree(port) {
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) if (!(await canListen(port, host))) return false
  return true
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<boolean>}
 */
function canListen(port, host) {
  return new Promise((resolve) => {
    const server = createServer()
    // A machine without IPv6 cannot listen on "::"; that is not a taken port.
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code !== 'EADDRINUSE' && error.code !== 'EACCES'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * The wanted port, or the next free one that is not reserved for another; it is then reserved.
 * @param {number} wanted
 * @param {Set<number>} reserved
 */
export async function nextFreePort(wanted, reserved) {
  for (let port = wanted; port < wanted + 200 && port < 65_536; port += 1) {
    if (port !== wanted && reserved.has(port)) continue
    if (!(await isFree(port))) continue
    reserved.add(port)
    return port
  }
  throw new Error(`No free port from ${wanted} on.`)
}
