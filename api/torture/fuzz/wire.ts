import { connect, type Socket } from 'node:net'

/** A request as it goes out. */
export interface Outgoing {
  method: string
  /** Written as latin1, so that any byte can stand in it. */
  path: string
  headers: [string, string][]
  body: Buffer
  /** How the body is framed: by its length, in chunks, as shorter or longer than it says, in pieces with pauses. */
  framing: 'length' | 'chunked' | 'short' | 'long' | 'split'
  /** Sent in place of all the above. */
  bytes: Buffer | null
}

/** What came back. `cut`: the connection was closed without an answer; `silent`: nothing came in time. */
export interface Answer {
  outcome: 'answered' | 'cut' | 'silent'
  status: number
  /** Names in lower case; repeated ones joined by line breaks. */
  headers: Record<string, string>
  body: string
  /** Until the first byte came: how long a download takes is for its reader to say. */
  ms: number
}

const silentMs = 30_000

/**
 * Sends a request over a connection of its own, byte by byte as described: Node's client would refuse most of what is sent here.
 * Never rejects; whatever happens is an {@link Answer}.
 */
export function send(port: number, request: Outgoing): Promise<Answer> {
  const since = performance.now()
  const isHead = request.method === 'HEAD'
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let firstMs: number | null = null
    const socket = connect(port, '127.0.0.1')
    const finish = (outcome?: 'silent'): void => {
      clearTimeout(timer)
      socket.destroy()
      const answer = readAnswer(Buffer.concat(parts), isHead)
      const ms = firstMs ?? performance.now() - since
      // An answer that breaks off is none
      const isPart = answer !== null && !isHead && Buffer.byteLength(answer.body) < Number(answer.headers['content-length'] ?? 0)
      if (answer === null || isPart) resolve({ outcome: outcome ?? 'cut', status: 0, headers: {}, body: '', ms })
      else resolve({ ...answer, outcome: 'answered', ms })
    }
    const timer = setTimeout(() => finish('silent'), silentMs)
    const isWhole = wholeness(isHead)
    socket.on('connect', () => write(socket, request))
    socket.on('data', (part: Buffer) => {
      firstMs ??= performance.now() - since
      parts.push(part)
      if (isWhole(parts)) finish()
    })
    // The server may close while we still write: what it said before counts
    socket.on('error', () => finish())
    socket.on('close', () => finish())
  })
}

const lastChunk = Buffer.from('0\r\n\r\n')

/** Whether the answer is complete though the connection is open. A stream has no end; its first words will do. What is long is read once. */
function wholeness(isHead: boolean): (parts: Buffer[]) => boolean {
  let head: Head | null = null
  return (parts) => {
    head ??= readHead(Buffer.concat(parts))
    if (head === null) return false
    const { status, headers, start } = head
    const received = parts.reduce((sum, part) => sum + part.length, 0) - start
    if (headers['content-type'] === 'text/event-stream') return received > 0
    if (headers['transfer-encoding'] === 'chunked') return endOf(parts).equals(lastChunk)
    const length = headers['content-length']
    return isHead || status === 204 || status === 304 || (length !== undefined && received >= Number(length))
  }
}

/** The last bytes, as many as the last chunk has; they may have come in pieces. */
function endOf(parts: Buffer[]): Buffer {
  return Buffer.concat(parts.slice(-lastChunk.length)).subarray(-lastChunk.length)
}

function write(socket: Socket, request: Outgoing): void {
  // Half a request is ended by closing our side; a whole one must not be, or the answer would be dropped
  if (request.bytes !== null) return void socket.end(request.bytes)
  const { method, path, body, framing } = request
  const names = new Set(request.headers.map(([name]) => name.toLowerCase()))
  const headers = [...request.headers]
  if (!names.has('host')) headers.unshift(['Host', 'localhost'])
  if (!names.has('connection')) headers.push(['Connection', 'close'])
  if (framing === 'chunked') headers.push(['Transfer-Encoding', 'chunked'])
  else if (body.length > 0 && !names.has('content-length'))
    headers.push(['Content-Length', String(body.length + (framing === 'short' ? 10 : framing === 'long' ? -1 : 0))])
  const head = Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    'latin1',
  )
  if (framing === 'short') return void socket.end(Buffer.concat([head, body]))
  if (framing !== 'split' || body.length < 2) return void socket.write(Buffer.concat([head, framing === 'chunked' ? inChunks(body) : body]))
  socket.write(Buffer.concat([head, body.subarray(0, 1)]))
  setTimeout(() => socket.writable && socket.write(body.subarray(1)), 5)
}

function inChunks(body: Buffer): Buffer {
  const middle = Math.floor(body.length / 2)
  const chunks = [body.subarray(0, middle), body.subarray(middle)].filter((chunk) => chunk.length > 0)
  return Buffer.concat([
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ])
}

interface Head {
  status: number
  headers: Record<string, string>
  /** Where the body begins. */
  start: number
}

/** Status and headers of the answer, those that only announce one passed over. Null while they are not all there. */
function readHead(bytes: Buffer, from = 0): Head | null {
  const end = bytes.indexOf('\r\n\r\n', from)
  if (end < 0) return null
  const [first = '', ...lines] = bytes.toString('latin1', from, end).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0)
  if (status < 200 && status >= 100) return readHead(bytes, end + 4)
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}\n${value}`
  }
  return { status, headers, start: end + 4 }
}

function readAnswer(bytes: Buffer, isHead: boolean): Pick<Answer, 'status' | 'headers' | 'body'> | null {
  const head = readHead(bytes)
  if (head === null) return null
  const { status, headers } = head
  if (isHead) return { status, headers, body: '' }
  const rest = bytes.subarray(head.start)
  const length = headers['content-length']
  const body =
    headers['transfer-encoding'] === 'chunked' ? outOfChunks(rest) : length === undefined ? rest : rest.subarray(0, Number(length))
  return { status, headers, body: body.toString('utf8') }
}

function outOfChunks(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const length = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || !(length > 0)) break
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length))
    at = lineEnd + 2 + length + 2
  }
  return Buffer.concat(parts)
}
