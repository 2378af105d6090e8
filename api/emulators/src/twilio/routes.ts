import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Rate } from '../kit/rate.ts'
import type { Store } from '../kit/store.ts'
import { type Books, isFinal, type Message, resource } from './books.ts'
import { type Form, prepareMessage } from './create.ts'
import type { Carrier } from './delivery.ts'
import { notFound, tooManyRequests, type TwilioError, twilioError, unauthorized } from './errors.ts'
import { listMessages, type ListQuery } from './list.ts'
import { lookup } from './lookup.ts'

export interface RouteParts {
  store: Store<Books>
  carrier: Carrier
  rate: Rate
  /** Requests in flight at once. */
  concurrentMax: number
  accountSid: string
  authToken: string
  senders: readonly string[]
  now: () => Date
}

const digest = (text: string) => createHash('sha256').update(text).digest()

const fail = (reply: FastifyReply, error: TwilioError) => reply.code(error.status).send(error)

const isError = (value: Message | TwilioError): value is TwilioError => 'more_info' in value

/** Account routes below `/2010-04-01` and Lookup v2. */
export function addRoutes(app: FastifyInstance, parts: RouteParts): void {
  const expected = digest(`Basic ${Buffer.from(`${parts.accountSid}:${parts.authToken}`).toString('base64')}`)
  let inFlight = 0
  const onRequest = async (_req: FastifyRequest, reply: FastifyReply) => {
    if (inFlight >= parts.concurrentMax) return fail(reply, tooManyRequests())
    inFlight += 1
    // "close" follows both an answer and a cut connection
    reply.raw.once('close', () => {
      inFlight -= 1
    })
    return undefined
  }
  const guard = async (req: FastifyRequest, reply: FastifyReply) => {
    if (!timingSafeEqual(expected, digest(req.headers.authorization ?? ''))) return fail(reply, unauthorized())
    if (!parts.rate.take().allowed) return fail(reply, tooManyRequests())
    return undefined
  }
  // Asked for in the signature of each route: the account in the path has to be ours
  const ownAccount = async (req: FastifyRequest<{ Params: { account: string } }>, reply: FastifyReply) =>
    req.params.account === parts.accountSid ? undefined : fail(reply, notFound(req.url.split('?')[0] ?? ''))

  app.post<{ Params: { account: string }; Body: Form | undefined }>(
    '/2010-04-01/Accounts/:account/Messages.json',
    { onRequest, preHandler: [guard, ownAccount] },
    (req, reply) => createMessage(parts, req, reply),
  )
  app.get<{ Params: { account: string }; Querystring: ListQuery }>(
    '/2010-04-01/Accounts/:account/Messages.json',
    { onRequest, preHandler: [guard, ownAccount] },
    async (req) => listMessages(parts.accountSid, parts.store.data, req.query),
  )
  app.get<{ Params: { account: string; file: string } }>(
    '/2010-04-01/Accounts/:account/Messages/:file',
    { onRequest, preHandler: [guard, ownAccount] },
    async (req, reply) => {
      const message = find(parts.store.data, req.params.file)
      return message === undefined ? fail(reply, notFound(req.url)) : resource(parts.accountSid, message)
    },
  )
  app.post<{ Params: { account: string; file: string }; Body: Form | undefined }>(
    '/2010-04-01/Accounts/:account/Messages/:file',
    { onRequest, preHandler: [guard, ownAccount] },
    (req, reply) => updateMessage(parts, req, reply),
  )
  app.get<{ Params: { number: string }; Querystring: { Fields?: string; CountryCode?: string } }>(
    '/v2/PhoneNumbers/:number',
    { onRequest, preHandler: guard },
    async (req, reply) => {
      const fields = (req.query.Fields ?? '').split(',').filter((field) => field !== '')
      const other = fields.find((field) => field !== 'line_type_intelligence' && field !== 'validation')
      if (other !== undefined) return fail(reply, twilioError(501, 20501, `The twilio emulator does not implement Lookup of ${other}`))
      return lookup(req.params.number, { fields, countryCode: req.query.CountryCode ?? 'US' })
    },
  )
}

const find = (books: Books, file: string) => books.messages.find((message) => `${message.sid}.json` === file && !message.automatic)

async function createMessage(parts: RouteParts, req: FastifyRequest<{ Body: Form | undefined }>, reply: FastifyReply) {
  const prepared = prepareMessage(req.body ?? {}, { books: parts.store.data, senders: parts.senders, now: parts.now() })
  if (isError(prepared)) return fail(reply, prepared)
  parts.store.data.messages.push(prepared)
  parts.store.save()
  // The answer shows the message as it was taken in, not where it has got to since
  const created = resource(parts.accountSid, prepared)
  if (prepared.status !== 'scheduled') parts.carrier.send(prepared)
  return reply.code(201).send(created)
}

/** Cancels a message that has not left yet, or redacts the text of one that has arrived. */
async function updateMessage(
  parts: RouteParts,
  req: FastifyRequest<{ Params: { file: string }; Body: Form | undefined }>,
  reply: FastifyReply,
) {
  const message = find(parts.store.data, req.params.file)
  if (message === undefined) return fail(reply, notFound(req.url))
  const { Status: status, Body: body } = req.body ?? {}
  if (status !== undefined && status !== 'canceled') return fail(reply, twilioError(400, 20001, `Invalid Status: ${String(status)}`))
  if (status === 'canceled' && message.status !== 'scheduled') {
    return fail(reply, twilioError(409, 30409, 'Message cannot be canceled: only scheduled messages can be'))
  }
  if (body !== undefined && body !== '') return fail(reply, twilioError(400, 20001, 'Body can only be set to an empty string'))
  if (body === '' && status === undefined && !isFinal(message.status)) {
    return fail(reply, twilioError(409, 20009, 'Cannot update this resource before it is finished'))
  }
  if (status === 'canceled') message.status = 'canceled'
  if (body === '') message.body = ''
  message.updatedAt = parts.now().toISOString()
  parts.store.save()
  return reply.code(200).send(resource(parts.accountSid, message))
}
