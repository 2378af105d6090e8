import { AppError } from '../core/errors.ts'
import type { App } from './app-type.ts'

/** How long a body may take to arrive, in milliseconds, unless the route says that it carries megabytes. */
const bodyMs = 30_000

/** What HTTP itself asks of requests and answers, in our words where Node would use none. */
export function registerHttpRules(app: App, bodyPatienceMs = bodyMs): void {
  app.addHook('onRequest', async (req) => {
    // Whoever has gone has no address to count requests by, and reads no answer
    if (req.raw.socket.remoteAddress === undefined)
      throw new AppError('bad_request', 'The connection was closed before the request was read.')
    if (req.headers.host === undefined && req.raw.httpVersion === '1.1')
      throw new AppError('bad_request', 'The request has no Host header.')
  })
  app.addHook('onRequest', async (req) => {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = req.headers
    if (req.routeOptions.config.isSlow === true || (length === '0' && coding === undefined)) return
    // As Node says it of every body when its own time is over
    const late = Object.assign(new Error('The body did not arrive'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    const hangUp = (): void => {
      if (!req.raw.complete) req.server.server.emit('clientError', late, req.raw.socket)
    }
    const timer = setTimeout(hangUp, bodyPatienceMs)
    for (const over of ['end', 'close'] as const) req.raw.once(over, () => clearTimeout(timer))
  })
  // The contract's null is an answer without a body; Fastify sees to it for 204 alone
  app.addHook('onSend', async (_req, reply, payload) => {
    if (reply.statusCode !== 202 || payload !== 'null') return payload
    reply.removeHeader('content-type')
    return ''
  })
}
