import { randomBytes } from 'node:crypto'
import { countSegments } from './segments.ts'

export type MessageStatus =
  | 'accepted'
  | 'scheduled'
  | 'queued'
  | 'sending'
  | 'sent'
  | 'delivered'
  | 'undelivered'
  | 'failed'
  | 'canceled'
  | 'received'

/** One message in Twilio's books. Times are ISO instants; the wire format is made in `resource`. */
export interface Message {
  sid: string
  direction: 'outbound-api' | 'outbound-reply' | 'inbound'
  /** Null until a Messaging Service has chosen a sender. */
  from: string | null
  to: string
  body: string
  mediaUrls: string[]
  status: MessageStatus
  messagingServiceSid: string | null
  statusCallback: string | null
  errorCode: number | null
  errorMessage: string | null
  createdAt: string
  updatedAt: string
  sentAt: string | null
  /** Set on scheduled messages. */
  sendAt: string | null
  /** A keyword answer Twilio gives by itself: on the person's phone, but not in the account's message log. */
  automatic: boolean
  /** Inbound only: what the app's webhook answered; null while under way or when nobody listens. */
  webhookStatus: number | null
}

export interface OptOut {
  /** The person's number. */
  phone: string
  /** Our number the person wrote to. */
  sender: string
  keyword: string
  at: string
}

export interface Books {
  /** Oldest first. */
  messages: Message[]
  optOuts: OptOut[]
  /** Numbers whose carrier refuses, with the 3xxxx code the status callback will give. */
  handsets: Record<string, number>
}

export const emptyBooks = (): Books => ({ messages: [], optOuts: [], handsets: {} })

export const newSid = (prefix: string) => prefix + randomBytes(16).toString('hex')

const finals: ReadonlySet<MessageStatus> = new Set<MessageStatus>(['delivered', 'undelivered', 'failed', 'canceled', 'received'])

export const isFinal = (status: MessageStatus) => finals.has(status)

const rfc2822 = (iso: string) => new Date(iso).toUTCString().replace('GMT', '+0000')

/** The message as the API shows it (twilio-oai, api.v2010.account.message). */
export function resource(accountSid: string, message: Message): Record<string, unknown> {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`
  const waiting = message.status === 'accepted' || message.status === 'scheduled'
  const priced = message.sentAt !== null || message.direction === 'inbound'
  const segments = countSegments(message.body).count
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: message.sentAt === null ? null : rfc2822(message.sentAt),
    date_updated: rfc2822(message.updatedAt),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: message.errorMessage,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: String(message.mediaUrls.length),
    num_segments: waiting ? '0' : String(segments),
    price: priced ? (-0.0083 * segments).toFixed(4) : null,
    price_unit: 'USD',
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  }
}
