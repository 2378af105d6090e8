import type { FastifyRequest } from 'fastify'
import type { Deps } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { keepWebhook, keepWebhooks, type VerifiedWebhook } from '../core/webhooks.ts'
import type { App } from '../http/app-type.ts'
import { toEmailEvent } from '../providers/sendgrid/map.ts'
import { smsStatus } from '../providers/twilio/map.ts'
import type { MessageEvent } from './events.ts'
import { keywordOf } from './keywords.ts'

const refused = () => new AppError('signature_refused', 'The signature of this request does not fit.')
const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const reference = new RegExp(`^message=(${uuid})\\.(${uuid})$`)
const emptyTwiml = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
const stoppedTwiml =
  '<?xml version="1.0" encoding="UTF-8"?><Response><Message>Listo: no recibira mas mensajes de este numero. Responda START para volver a recibirlos.</Message></Response>'

const config = { access: 'provider', rateLimit: false } as const
/** A form of some twenty short fields. */
const formBytesMax = 64 * 1024
/** The mail service sends up to 768 KB of events at once (docs.sendgrid.com, Event Webhook reference). */
const eventsBytesMax = 1024 * 1024
const schema = { hide: true }

/** Where the text and mail services report: verify against our public address, store once, enqueue, answer. */
export async function messageWebhooks(app: App, deps: Deps): Promise<void> {
  await app.register(async (scope: App) => {
    // Signatures are over the exact bytes
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_req, body, done) => done(null, body))
    scope.post('/webhooks/twilio/status', { config, schema, bodyLimit: formBytesMax }, async (req, reply) => {
      await takeStatus(deps, await readForm(req, deps, 'status'), queryOf(req))
      return reply.code(204).send()
    })
    scope.post('/webhooks/twilio/inbound', { config, schema, bodyLimit: formBytesMax }, async (req, reply) => {
      const answer = await takeReply(deps, await readForm(req, deps, 'inbound'))
      return reply.type('text/xml; charset=utf-8').send(answer)
    })
    scope.post('/webhooks/sendgrid', { config, schema, bodyLimit: eventsBytesMax }, async (req, reply) => {
      await keepWebhooks(deps, readEvents(req, deps).flatMap(emailWebhooks))
      return reply.code(204).send()
    })
  })
}

const bytes = (req: FastifyRequest): Buffer => (Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0))
const header = (req: FastifyRequest, name: string): string | undefined => {
  const value = req.headers[name]
  return Array.isArray(value) ? value[0] : value
}
const queryOf = (req: FastifyRequest): string => req.url.split('?')[1] ?? ''

async function readForm(req: FastifyRequest, deps: Deps, kind: 'status' | 'inbound'): Promise<Record<string, string>> {
  const params = Object.fromEntries(new URLSearchParams(bytes(req).toString('utf8')))
  if (!(await deps.sms.verifyWebhook(kind, params, header(req, 'x-twilio-signature'), queryOf(req)))) throw refused()
  return params
}

function readEvents(req: FastifyRequest, deps: Deps): unknown[] {
  const body = bytes(req)
  const [signature, timestamp] = [
    header(req, 'x-twilio-email-event-webhook-signature'),
    header(req, 'x-twilio-email-event-webhook-timestamp'),
  ]
  if (!deps.mailer.verifyWebhook(body, signature, timestamp)) throw refused()
  try {
    const events: unknown = JSON.parse(body.toString('utf8'))
    return Array.isArray(events) ? events : []
  } catch (error) {
    throw new AppError('invalid_json', 'The body is not valid JSON.', { cause: error })
  }
}

/** The callback address names the message, so that even one whose answer was lost is recognised. */
async function takeStatus(deps: Deps, params: Record<string, string>, query: string): Promise<void> {
  const [, firmId, messageId] = reference.exec(query) ?? []
  const status = smsStatus(params)
  const { MessageSid: sid = '', MessageStatus: name = '' } = params
  if (firmId === undefined || messageId === undefined || status === null || sid === '') return
  await keep(deps, `${sid}:${name}`, { kind: 'status', firmId, messageId, providerId: sid, ...status })
}

/** A person's reply. Only the words that end and begin texts are kept; Twilio answers the English ones itself. */
async function takeReply(deps: Deps, params: Record<string, string>): Promise<string> {
  const { From: phone = '', MessageSid: sid = '', Body: body = '' } = params
  const keyword = keywordOf(body)
  if (keyword === null || sid === '' || !/^\+\d{7,15}$/.test(phone)) return emptyTwiml
  const at = deps.now().toISOString()
  const isNew = await keep(deps, sid, { kind: keyword.kind === 'stop' ? 'phone_stop' : 'phone_start', phone, at })
  return isNew && !keyword.answeredByProvider ? stoppedTwiml : emptyTwiml
}

/** The event as it is kept, if it is one for us. */
function emailWebhooks(raw: unknown): VerifiedWebhook[] {
  const event = toEmailEvent(raw)
  if (event === null) return []
  const { eventId, firmId, messageId, kind, reason, email } = event
  const payload: MessageEvent =
    kind === 'opted_out'
      ? { kind: 'email_opted_out', firmId, messageId, email }
      : { kind: 'status', firmId, messageId, providerId: null, state: kind, reason }
  return [{ provider: 'sendgrid', dedupeKey: eventId, payload }]
}

const keep = (deps: Deps, dedupeKey: string, payload: MessageEvent): Promise<boolean> =>
  keepWebhook(deps, { provider: 'twilio', dedupeKey, payload })
