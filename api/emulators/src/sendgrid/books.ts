import { randomBytes } from 'node:crypto'
import { type Address, isOn, type MailSend, type Personalization } from './mail-send.ts'

export type MailStatus = 'scheduled' | 'accepted' | 'processed' | 'deferred' | 'delivered' | 'bounce' | 'blocked' | 'dropped'

/** One e-mail to one recipient. Times are ISO instants. */
export interface Mail {
  id: string
  /** What POST /v3/mail/send answered in X-Message-Id; shared by all recipients of the call. */
  xMessageId: string
  /** `sg_message_id` of this mail's events. */
  sgMessageId: string
  from: Address
  to: Address
  kind: 'to' | 'cc' | 'bcc'
  /** Where answers to the mail would go. */
  replyTo: Address[]
  subject: string
  text: string | null
  html: string | null
  headers: Record<string, string>
  categories: string[]
  customArgs: Record<string, string>
  attachments: Array<{ filename: string; type: string; sizeBytes: number }>
  /** Suppression lists were to be ignored for this mail. */
  bypass: boolean
  status: MailStatus
  /** Why it was bounced, blocked, dropped or deferred, in the mail server's words. */
  reason: string | null
  createdAt: string
  updatedAt: string
  /** Set when the mail may not leave before this instant. */
  sendAt: string | null
  /** When the app first took an event about it; absent as long as it has not. */
  toldAt?: string
}

export const suppressionLists = ['bounces', 'blocks', 'spam_reports', 'invalid_emails', 'unsubscribes'] as const
export type SuppressionList = (typeof suppressionLists)[number]

export interface Suppression {
  email: string
  /** Unix seconds. */
  created: number
  reason: string
  status: string
}

/** An event on its way to the app: the JSON exactly as it will be sent, so that a repeat is the same event. */
export interface QueuedEvent {
  json: string
  mailId: string
}

export interface Books {
  /** Oldest first. */
  mails: Mail[]
  suppressions: Record<SuppressionList, Suppression[]>
  queue: QueuedEvent[]
  /** PKCS8, DER, base64; made at the first start unless one was given. */
  privateKey: string
}

export const emptyBooks = (privateKey: string): Books => ({
  mails: [],
  suppressions: { bounces: [], blocks: [], spam_reports: [], invalid_emails: [], unsubscribes: [] },
  queue: [],
  privateKey,
})

export const newId = () => randomBytes(16).toString('base64url')

const substitute = (text: string, substitutions: Record<string, string> | undefined) =>
  Object.entries(substitutions ?? {}).reduce((result, [from, to]) => result.replaceAll(from, to), text)

/** The mails one accepted call stands for: one per recipient. */
export function mailsOf(send: MailSend, xMessageId: string, now: Date): Mail[] {
  return send.personalizations.flatMap((personalization, block) =>
    recipientsOf(personalization).map(({ kind, to }, index): Mail => {
      const content = (type: string) => {
        const value = send.content.find((part) => part.type === type)?.value
        return value === undefined ? null : substitute(value, personalization.substitutions)
      }
      const sendAt = personalization.send_at ?? send.send_at
      const waits = sendAt !== undefined && sendAt * 1000 > now.getTime()
      return {
        id: newId(),
        xMessageId,
        sgMessageId: `${xMessageId}.recvd-6d4c8f7b9-${block.toString(36)}${index.toString(36)}-1-${Math.trunc(now.getTime() / 1000)
          .toString(16)
          .toUpperCase()}-1.0`,
        from: personalization.from ?? send.from,
        to,
        kind,
        replyTo: send.reply_to_list ?? (send.reply_to === undefined ? [] : [send.reply_to]),
        subject: substitute(personalization.subject ?? send.subject ?? '', personalization.substitutions),
        text: content('text/plain'),
        html: content('text/html'),
        headers: { ...send.headers, ...personalization.headers },
        categories: send.categories ?? [],
        customArgs: { ...send.custom_args, ...personalization.custom_args },
        attachments: (send.attachments ?? []).map(({ filename, type, content: data }) => ({
          filename,
          type: type ?? 'application/octet-stream',
          sizeBytes: Buffer.from(data, 'base64').length,
        })),
        bypass: isOn(send.mail_settings, 'bypass_list_management'),
        status: waits ? 'scheduled' : 'accepted',
        reason: null,
        createdAt: now.toISOString(),
        updatedAt: now.toISOString(),
        sendAt: waits ? new Date(sendAt * 1000).toISOString() : null,
      }
    }),
  )
}

function recipientsOf({ to, cc = [], bcc = [] }: Personalization): Array<{ kind: Mail['kind']; to: Address }> {
  return [
    ...to.map((address) => ({ kind: 'to' as const, to: address })),
    ...cc.map((address) => ({ kind: 'cc' as const, to: address })),
    ...bcc.map((address) => ({ kind: 'bcc' as const, to: address })),
  ]
}

/** Enters an address in a suppression list, once; letter case does not matter. */
export function suppress(books: Books, list: SuppressionList, entry: Suppression): void {
  const email = entry.email.toLowerCase()
  if (!books.suppressions[list].some((other) => other.email === email)) books.suppressions[list].push({ ...entry, email })
}

export const isSuppressed = (books: Books, list: SuppressionList, email: string) =>
  books.suppressions[list].some((entry) => entry.email === email.toLowerCase())
