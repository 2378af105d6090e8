import { createPublicKey, verify } from 'node:crypto'
import { once } from '../../core/once.ts'
import { allowOutgoing, loadProvider } from '../../core/outgoing.ts'
import type { Pace } from '../../core/pace.ts'
import { callMs, mailTurn } from './limits.ts'
import { toProviderError } from './map.ts'

export interface SendgridConfig {
  apiKey: string
  fromEmail: string
  baseUrl: string
  /** Base64 of the SPKI DER key that signs events. */
  webhookPublicKey: string
  /** How many mails may be handed over in any minute. */
  requestsPerMinute: number
}

export interface EmailToSend {
  /** Our message id, repeated in every event. */
  messageId: string
  firmId: string
  to: string
  toName: string | null
  fromName: string
  replyTo: string | null
  subject: string
  text: string
  html: string
  /** A person waits for it: it goes before what can wait. */
  urgent?: boolean
}

/** The e-mail provider. Every method throws ProviderError and nothing else. */
export interface Mailer {
  send(email: EmailToSend): Promise<{ providerId: string }>
  /** Whether the service signed these bytes, at this time (seconds since 1970), within the day for which it repeats a delivery. */
  verifyWebhook(rawBody: Buffer, signature: string | undefined, timestamp: string | undefined): boolean
}

/** Deliveries are repeated for 24 hours, and nothing says that a repeat is signed anew. */
const ageMaxSeconds = 25 * 60 * 60
const skewSeconds = 5 * 60

/**
 * Builds the adapter over @sendgrid/mail. `now` is compared with the time at which SendGrid says it counts anew; `clock` (ms) judges
 * the age of webhooks: it is the outside world's, not the product's.
 */
export function createMailer(
  config: SendgridConfig,
  pace: Pace,
  now: () => Date = () => new Date(),
  clock: () => number = Date.now,
): Mailer {
  const { apiKey, fromEmail, baseUrl, webhookPublicKey, requestsPerMinute } = config
  const eventKey = createPublicKey({ key: Buffer.from(webhookPublicKey, 'base64'), format: 'der', type: 'spki' })
  allowOutgoing(baseUrl)
  const open = once(async () => {
    const [mailModule, clientModule] = await loadProvider(() => Promise.all([import('@sendgrid/mail'), import('@sendgrid/client')]))
    // Both packages export one shared instance with the class as a member of it, which their types leave out (8.1.6)
    const { MailService } = mailModule.default as unknown as { MailService: new () => typeof mailModule.default }
    const { Client } = clientModule.default as unknown as { Client: new () => typeof clientModule.default }
    const client = new Client()
    client.setApiKey(apiKey)
    // After setApiKey, which resets the base URL
    client.setDefaultRequest('baseUrl', baseUrl)
    const mail = new MailService()
    mail.setClient(client)
    mail.setTimeout(callMs)
    return mail
  })
  return {
    send: ({ messageId, firmId, to, toName, fromName, replyTo, subject, text, html, urgent = false }) =>
      pace.inTurn(mailTurn(requestsPerMinute, urgent), async () => {
        const mail = await open()
        try {
          const [response] = await mail.send({
            to: toName === null ? { email: to } : { email: to, name: toName },
            from: { email: fromEmail, name: fromName },
            ...(replyTo === null ? {} : { replyTo }),
            subject,
            content: [
              { type: 'text/plain', value: text },
              { type: 'text/html', value: html },
            ],
            customArgs: { message_id: messageId, firm_id: firmId },
            // Both would rewrite the secret link or report scanners as people
            trackingSettings: { clickTracking: { enable: false, enableText: false }, openTracking: { enable: false } },
          })
          // The SDK types headers loosely; X-Message-Id is one line of text
          const headers = response.headers as Record<string, string | undefined>
          return { providerId: headers['x-message-id'] ?? '' }
        } catch (error) {
          throw toProviderError('mail.send', error, now())
        }
      }),
    verifyWebhook(rawBody, signature, timestamp) {
      if (signature === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false
      const age = clock() / 1000 - Number(timestamp)
      if (age > ageMaxSeconds || age < -skewSeconds) return false
      // The exact bytes: SendGrid writes line breaks between elements (docs.sendgrid.com, Event Webhook security features)
      return verify('sha256', Buffer.concat([Buffer.from(timestamp), rawBody]), eventKey, Buffer.from(signature, 'base64'))
    },
  }
}
