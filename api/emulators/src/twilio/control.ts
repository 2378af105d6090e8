import type { FastifyInstance } from 'fastify'
import type { Calls } from '../kit/calls.ts'
import type { Message, OptOut } from './books.ts'

/** What a person or a test can do to the emulated phone network. */
export interface TwilioPowers {
  /** Messages the API accepted, oldest first. */
  messages(): Message[]
  /** Everything on people's phones, oldest first: accepted messages, their replies, and what Twilio answered by itself. */
  conversations(): Message[]
  optOuts(): OptOut[]
  /** A person texts one of our numbers; resolves when the app's webhook has answered. */
  reply(from: string, to: string, body: string): Promise<Message>
  /** From now on the carrier refuses messages to `phone` with this 3xxxx code; null lets them through again. */
  failHandset(phone: string, code: number | null): void
  reset(): Promise<void>
}

const text = { type: 'string', minLength: 1 }

/** The same powers over HTTP, as JSON, below `/_emulator/`. */
export function addControl(app: FastifyInstance, calls: Calls, powers: TwilioPowers): void {
  app.get('/_emulator/messages', async () => ({ messages: powers.messages() }))
  app.get('/_emulator/conversations', async () => ({ messages: powers.conversations() }))
  app.get('/_emulator/opt-outs', async () => ({ opt_outs: powers.optOuts() }))
  app.get<{ Querystring: { path?: string } }>('/_emulator/calls', async (req) => ({ calls: calls.list(req.query.path) }))
  app.post<{ Body: { from: string; to: string; body: string } }>(
    '/_emulator/reply',
    { schema: { body: { type: 'object', required: ['from', 'to', 'body'], properties: { from: text, to: text, body: text } } } },
    async (req) => powers.reply(req.body.from, req.body.to, req.body.body),
  )
  app.post<{ Body: { phone: string; code: number | null } }>(
    '/_emulator/handsets',
    { schema: { body: { type: 'object', required: ['phone', 'code'], properties: { phone: text, code: { type: ['integer', 'null'] } } } } },
    async (req, reply) => {
      powers.failHandset(req.body.phone, req.body.code)
      return reply.code(204).send()
    },
  )
  app.post('/_emulator/reset', async (_req, reply) => {
    await powers.reset()
    return reply.code(204).send()
  })
}
