import type { FastifyInstance } from 'fastify'
import type { Calls } from '../kit/calls.ts'
import type { Mail, Suppression } from './books.ts'

/** What a person or a test can do to the emulated mail service. */
export interface SendgridPowers {
  /** Mails the API accepted, one per recipient, oldest first. */
  messages(): Mail[]
  /** Addresses that unsubscribed from everything. */
  optOuts(): Suppression[]
  /** The recipient of a mail unsubscribes from everything: suppressed from now on, with an `unsubscribe` event. Throws on an unknown id. */
  unsubscribe(mailId: string): void
  /** The recipient of a mail presses "this is spam": suppressed from now on, with a `spamreport` event. Throws on an unknown id. */
  reportSpam(mailId: string): void
  reset(): Promise<void>
}

const body = { type: 'object', required: ['id'], properties: { id: { type: 'string', minLength: 1 } } }

/** The same powers over HTTP, as JSON, below `/_emulator/`. */
export function addControl(app: FastifyInstance, calls: Calls, powers: SendgridPowers & { publicKey: string }): void {
  // A page that polls asks for summaries, without the bodies, and for one whole mail by its id
  app.get<{ Querystring: { summary?: string } }>('/_emulator/messages', async (req) => ({
    messages: powers.messages().map((mail) => (req.query.summary === undefined ? mail : { ...mail, text: null, html: null })),
  }))
  app.get<{ Params: { id: string } }>('/_emulator/messages/:id', async (req, reply) => {
    const mail = powers.messages().find((candidate) => candidate.id === req.params.id)
    return mail ?? reply.code(404).send({ error: `No mail ${req.params.id}` })
  })
  app.get('/_emulator/opt-outs', async () => ({ opt_outs: powers.optOuts() }))
  app.get('/_emulator/public-key', async () => ({ public_key: powers.publicKey }))
  app.get<{ Querystring: { path?: string } }>('/_emulator/calls', async (req) => ({ calls: calls.list(req.query.path) }))
  app.post<{ Body: { id: string } }>('/_emulator/unsubscribe', { schema: { body } }, async (req, reply) => {
    powers.unsubscribe(req.body.id)
    return reply.code(204).send()
  })
  app.post<{ Body: { id: string } }>('/_emulator/report-spam', { schema: { body } }, async (req, reply) => {
    powers.reportSpam(req.body.id)
    return reply.code(204).send()
  })
  app.post('/_emulator/reset', async (_req, reply) => {
    await powers.reset()
    return reply.code(204).send()
  })
}
