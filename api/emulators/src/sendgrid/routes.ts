import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Rate } from '../kit/rate.ts'
import type { Store } from '../kit/store.ts'
import { type Books, mailsOf, newId } from './books.ts'
import type { Mailroom } from './delivery.ts'
import { errorBody, fieldError, plainError } from './errors.ts'
import { isOn } from './mail-send.ts'
import { addSuppressionRoutes } from './suppression-routes.ts'
import { asMailSend, validateMailSend } from './validate.ts'

export interface RouteParts {
  store: Store<Books>
  mailroom: Mailroom
  rate: Rate
  apiKey: string
  publicKey: string
  now: () => Date
  /** Addresses or domains mail may come from; absent = any. */
  verifiedSenders: readonly string[] | undefined
}

const bodyMaxBytes = 30 * 1024 * 1024
const digest = (text: string) => createHash('sha256').update(text).digest()

/** The v3 API: everything below wants the key and is counted against the rate. */
export function addRoutes(app: FastifyInstance, parts: RouteParts): void {
  const expected = digest(`Bearer ${parts.apiKey}`)
  void app.register(async (v3) => {
    // SendGrid's own SDK says "JSON" on calls that carry no body, which Fastify refuses by itself
    v3.removeContentTypeParser('application/json')
    v3.addContentTypeParser('application/json', { parseAs: 'string' }, async (_req: FastifyRequest, body: string) => {
      if (body === '') return null
      try {
        return JSON.parse(body)
      } catch (error) {
        throw Object.assign(new Error('Bad Request', { cause: error }), { statusCode: 400 })
      }
    })
    v3.addHook('onRequest', async (req, reply) => {
      if (req.headers.authorization === undefined) return reply.code(401).send(errorBody(plainError('authorization required')))
      if (!timingSafeEqual(expected, digest(req.headers.authorization))) {
        return reply.code(401).send(errorBody(plainError('The provided authorization grant is invalid, expired, or revoked')))
      }
      const taken = parts.rate.take()
      if (Number.isFinite(taken.limit)) {
        reply.headers({
          'x-ratelimit-limit': taken.limit,
          'x-ratelimit-remaining': taken.remaining,
          'x-ratelimit-reset': Math.ceil(taken.resetAt.getTime() / 1000),
        })
      }
      return taken.allowed ? undefined : reply.code(429).send(errorBody(plainError('too many requests')))
    })
    v3.post('/v3/mail/send', (req, reply) => sendMail(parts, req, reply))
    v3.get('/v3/user/webhooks/event/settings/signed', async () => ({ public_key: parts.publicKey }))
    addSuppressionRoutes(v3, parts.store, parts.now)
  })
}

async function sendMail(parts: RouteParts, req: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (req.rawBody.length > bodyMaxBytes) return reply.code(413).send(errorBody(plainError('The request body is too large')))
  const errors = validateMailSend(req.body, parts.now())
  if (errors.length > 0) return reply.code(400).send(errorBody(...errors))
  const send = asMailSend(req.body)
  const sender = send.from.email.toLowerCase()
  const verified = parts.verifiedSenders?.some(
    (allowed) => sender === allowed.toLowerCase() || sender.endsWith(`@${allowed.toLowerCase()}`),
  )
  if (verified === false) {
    const message =
      'The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. ' +
      'Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements'
    return reply.code(403).send(errorBody(fieldError('from', message)))
  }
  if (isOn(send.mail_settings, 'sandbox_mode')) return reply.code(200).send()
  const xMessageId = newId()
  const mails = mailsOf(send, xMessageId, parts.now())
  parts.store.data.mails.push(...mails)
  parts.store.save()
  for (const mail of mails) if (mail.status !== 'scheduled') parts.mailroom.send(mail)
  return reply.code(202).header('x-message-id', xMessageId).send()
}
