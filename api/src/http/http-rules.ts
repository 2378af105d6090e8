import { AppError } from '../core/errors.ts'
import type { App } from './app-type.ts'

/** What HTTP itself asks of requests and answers, in our words where Node would use none. */
export function registerHttpRules(app: App): void {
  app.addHook('onRequest', async (req) => {
    // Whoever has gone has no address to count requests by, and reads no answer
    if (req.raw.socket.remoteAddress === undefined)
      throw new AppError('bad_request', 'The connection was closed before the request was read.')
    if (req.headers.host === undefined && req.raw.httpVersion === '1.1')
      throw new AppError('bad_request', 'The request has no Host header.')
  })
  // The contract's null is an answer without a body; Fastify sees to it for 204 alone
  app.addHook('onSend', async (_req, reply, payload) => {
    if (reply.statusCode !== 202 || payload !== 'null') return payload
    reply.removeHeader('content-type')
    return ''
  })
}
