import { mkdtemp, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestApp } from '../harness.ts'

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number
  /** Names in lower case; of a header that came twice the values are joined. */
  headers: Record<string, string>
  body: string
}

/** Writes these bytes to a port of this machine and reads until the other side closes, or `done` says that it is enough. */
export function exchange(port: number, bytes: string | Buffer, done: (text: string) => boolean = () => false): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => void socket.write(bytes))
    const finish = (): void => {
      socket.destroy()
      if (text === '') reject(new Error('The connection was closed without an answer'))
      else resolve(parse(text))
    }
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (done(text)) finish()
    })
    socket.once('end', finish)
    socket.once('error', reject)
  })
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const value = line.slice(line.indexOf(':') + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return { status: Number(first.split(' ')[1]), headers, body: rest.join('\r\n\r\n') }
}

export interface RawRequest {
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** One request on a connection of its own, exactly as it is written here: no path is tidied, no header is added but these. */
export function ask(product: TestApp, path: string, { method = 'GET', headers = {}, body }: RawRequest = {}): Promise<RawAnswer> {
  const all = {
    host: 'localhost',
    connection: 'close',
    ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return exchange(portOf(product), `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`)
}

/** The port the product listens on, whatever its public address says. */
export function portOf(product: TestApp): number {
  const address = product.app.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The product does not listen')
  return address.port
}

/** A built SPA, as small as one can be. */
export async function makeWebFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgersync-web-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Ledgersync</title><meta name="nonce" content="__STYLE_NONCE__">')
  await writeFile(join(folder, 'assets/index-Ab12Cd34.js'), 'export {}')
  await writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  return folder
}
