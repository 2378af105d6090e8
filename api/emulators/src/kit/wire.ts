import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { CallFault, InsideFault } from './fault-plan.ts'
import { type Answer, type CallFate, type Faults, quiet } from './faults.ts'
import { pause } from './pause.ts'

const fates = new WeakMap<FastifyRequest, CallFate>()

/** What the plan of faults, or a test, does to this call. */
export const fateOf = (req: FastifyRequest): CallFate => fates.get(req) ?? quiet

/** How faults look at one provider. */
export interface FaultParts {
  faults: Faults
  /** The operation a request belongs to; null for what is not a call of the product, such as a page a person looks at. */
  operation(req: FastifyRequest): string | null
  /** What can happen inside calls of this operation, besides what can happen on the wire. */
  inside?(operation: string): readonly InsideFault[]
  /** The provider's own 429, with the wait it documents. */
  throttled(req: FastifyRequest): Answer
  /** The provider's own 5xx. */
  serverError(req: FastifyRequest): Answer
  /** Whether the provider's answer to credentials that stopped working makes sense for the operation. */
  canBeUnauthorized(operation: string): boolean
  /** Brings that about and answers it; null when at this moment it cannot be. */
  unauthorized(req: FastifyRequest): Answer | null
}

const wire: readonly CallFault[] = ['cut_before', 'cut_after', 'half_body', 'throttled', 'server_error', 'server_error_after', 'slow']

/**
 * The one place every call of a provider passes twice: with its body read and nothing done (what is cut or answered here never
 * happened), and with all of it done and the answer not sent yet.
 */
export function addFaults(app: FastifyInstance, parts: FaultParts): void {
  app.addHook('preHandler', async (req, reply) => {
    const operation = parts.operation(req)
    if (operation === null) return undefined
    const unauthorized: readonly CallFault[] = parts.canBeUnauthorized(operation) ? ['unauthorized'] : []
    const kinds = [...wire, ...unauthorized, ...(parts.inside?.(operation) ?? [])]
    fates.set(req, await parts.faults.forCall(callOf(req, operation), kinds))
    return beforeCommit(parts, req, reply)
  })
  app.addHook('onSend', (req, reply, payload, done) => {
    const kind = fateOf(req).wire
    if (kind !== 'cut_after' && kind !== 'half_body' && kind !== 'server_error_after') return done(null, payload)
    parts.faults.note(kind)
    if (kind === 'server_error_after') {
      const { status, headers = {}, body } = parts.serverError(req)
      reply.code(status).headers({ 'content-type': 'application/json; charset=utf-8', ...headers })
      return done(null, JSON.stringify(body))
    }
    // The connection ends here, so Fastify is never told to go on: there is nothing left to write to
    if (kind === 'cut_after') req.raw.socket.destroy()
    else sendHalf(req, reply, payload)
  })
}

function callOf(req: FastifyRequest, operation: string) {
  // Fastify types the query as unknown; it is always an object of strings here
  const query = (req.query ?? {}) as Record<string, unknown>
  return { operation, method: req.method, path: req.url.split('?')[0] ?? '', query, body: req.body }
}

async function beforeCommit(parts: FaultParts, req: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const kind = fateOf(req).wire
  if (kind === null) return undefined
  if (typeof kind === 'object') return send(reply, kind)
  switch (kind) {
    case 'cut_before':
      parts.faults.note(kind)
      reply.hijack()
      req.raw.socket.destroy()
      return reply
    case 'throttled':
      parts.faults.note(kind)
      return send(reply, parts.throttled(req))
    case 'server_error':
      parts.faults.note(kind)
      return send(reply, parts.serverError(req))
    case 'unauthorized': {
      const answer = parts.unauthorized(req)
      if (answer === null) return undefined
      parts.faults.note(kind)
      return send(reply, answer)
    }
    case 'slow':
      parts.faults.note(kind)
      await pause(Math.ceil(fateOf(req).chance('slow') * parts.faults.slowMsMax()))
      return undefined
    case 'cut_after':
    case 'half_body':
    case 'server_error_after':
      return undefined
  }
}

const send = (reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply => reply.code(status).headers(headers).send(body)

/** Sends the status, all headers and the first half of the body, then cuts. An empty answer is announced as a byte that never comes. */
function sendHalf(req: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const { socket } = req.raw
  const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.alloc(0)
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.setHeader('content-length', Math.max(1, bytes.length))
  reply.raw.flushHeaders()
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  if (half.length > 0) reply.raw.write(half)
  // Written after the others, so its callback says that they have left
  socket.write('', () => socket.destroy())
}
