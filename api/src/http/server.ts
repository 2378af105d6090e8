import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, errorStatus, type Problem } from '@ledgersync/shared/errors'
import { newId } from '../core/ids.ts'
import { setHeaders } from './headers.ts'

/** How long a connection may take over what, in milliseconds. */
export interface Patience {
  /** From the first byte of a request to the end of its headers. */
  headersMs: number
  /** From the first byte of a request to the end of its body, whatever it is; http-rules.ts has less for what carries little. */
  requestMs: number
  /** Between two requests. Longer than common proxies wait, so that it is the proxy that closes. */
  idleMs: number
  /** Without any byte either way, also while an answer is being written. Event streams beat more often. */
  silenceMs: number
  /** How often the first two are looked at. */
  checkMs: number
}

const patience: Patience = { headersMs: 15_000, requestMs: 600_000, idleMs: 72_000, silenceMs: 120_000, checkMs: 5_000 }
const headerBytesMax = 16 * 1024

/**
 * An HTTP server whose every answer carries `headers`, whoever writes it and however early, and whose connections cannot be held
 * open by saying little, nor keep it from its end: the framework's own refusals and the parser's pass no hook of ours.
 */
export function createHttpServer(
  headers: Readonly<Record<string, string>>,
  listener: RequestListener,
  { headersMs, requestMs, idleMs, silenceMs, checkMs }: Patience = patience,
): Server {
  const options = { headersTimeout: headersMs, requestTimeout: requestMs, keepAliveTimeout: idleMs, connectionsCheckingInterval: checkMs }
  // A request without a host is refused in http-rules.ts, in our words
  const server = createServer({ ...options, maxHeaderSize: headerBytesMax, requireHostHeader: false }, (request, response) => {
    setHeaders(response, headers)
    listener(request, response)
  })
  hangUpAtEnd(server)
  server.timeout = silenceMs
  // An expectation we know nothing of is passed over (RFC 9110, 10.1.1); Node would answer it without a word
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  return server
}

/**
 * Makes `close` wait for the answers under way alone. Node closes what idles as the end begins; who has not asked for anything yet,
 * or is just being answered, would keep the server from its end for as long as connections may idle.
 */
function hangUpAtEnd(server: Server): void {
  const unasked = new Set<Socket>()
  server.on('connection', (socket) => {
    unasked.add(socket)
    socket.once('close', () => unasked.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    unasked.delete(socket)
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections()
    })
  })
  const close = server.close.bind(server)
  server.close = (done) => {
    close(done)
    for (const socket of unasked) socket.destroy()
    return server
  }
}

const parserErrors: Record<string, [ErrorCode, string]> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The address and the headers are too long together.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request took too long to arrive.'],
}

/** Answers what is no HTTP request, or takes for ever to become one, and closes the connection. */
export function refuseConnection(headers: Readonly<Record<string, string>>): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const [code, detail] = parserErrors[error.code ?? ''] ?? ['bad_request', 'This is not a valid HTTP request.']
    const status = errorStatus[code]
    const problem: Problem = { type: `/docs#${code}`, title: code.replaceAll('_', ' '), status, code, detail, requestId: newId() }
    const body = JSON.stringify(problem)
    const all = {
      ...headers,
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy())
  }
}
