import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  url: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** A server that keeps what is posted to it. `answer` decides the status and body of each answer; a status of null cuts the connection. */
export async function startReceiver(
  answer: (received: Received, index: number) => { status: number | null; body?: string } = () => ({ status: 204 }),
) {
  const received: Received[] = []
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const one = { url: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks).toString('utf8') }
      received.push(one)
      const { status, body } = answer(one, received.length - 1)
      if (status === null) return void req.socket.destroy()
      return void res.writeHead(status, { 'content-type': 'text/xml' }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server listening on a TCP port has an AddressInfo
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    forms: () => received.map((one) => Object.fromEntries(new URLSearchParams(one.body))),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
