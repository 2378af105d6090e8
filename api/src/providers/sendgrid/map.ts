import type { DeliveryFailure } from '@ledgersync/shared/reach'
import { ProviderError } from '../../core/errors.ts'

/** One event of the mail service, in our words. */
export interface EmailEvent {
  eventId: string
  firmId: string
  messageId: string
  kind: 'sent' | 'delivered' | 'failed' | 'opted_out'
  /** In plain words, for a failure. */
  reason: string | null
  /** Who got the mail; empty when the event does not say. */
  email: string
}

/** The members of an event that are read (docs.sendgrid.com, Event Webhook reference). */
interface RawEvent {
  event?: unknown
  sg_event_id?: unknown
  type?: unknown
  reason?: unknown
  firm_id?: unknown
  message_id?: unknown
  email?: unknown
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const printable = /^[\x20-\x7e]{1,200}$/
/** Nothing that a database refuses to keep, or that no address holds. */
const address = /^[^\s\p{C}]{1,254}$/u
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const unsubscribed = 'Opted out: this address has unsubscribed'
const reported = 'Opted out: this address has reported our mail as spam'
const bouncedBefore = 'Not tried: mail to this address bounced before'
const notAccepted = 'Wrong address: the mail service does not accept it'
const notTried = 'The mail service did not send it'
const refused = "Refused by the recipient's mail server"
const doesNotExist = 'Wrong address: it does not exist'
const returned = 'Returned by the mail server'

/** What each of the reasons says about the address, by its words. */
export const mailFailures: ReadonlyMap<string, DeliveryFailure> = new Map([
  [unsubscribed, 'opted_out'],
  [reported, 'opted_out'],
  [bouncedBefore, 'wrong_address'],
  [notAccepted, 'wrong_address'],
  [notTried, 'not_sent'],
  [refused, 'filtered'],
  [doesNotExist, 'wrong_address'],
  [returned, 'unreachable'],
])

/** Why the mail service dropped a mail without trying (its own words, in ours). */
function dropReason(reason: string): string {
  const lower = reason.toLowerCase()
  if (lower.includes('unsubscribed')) return unsubscribed
  if (lower.includes('spam')) return reported
  if (lower.includes('bounced')) return bouncedBefore
  return lower.includes('invalid') ? notAccepted : notTried
}

function bounceReason(type: string, reason: string): string {
  if (type === 'blocked') return refused
  return /5\.1\.|does not exist|unknown user|no such user/i.test(reason) ? doesNotExist : returned
}

function meaningOf(event: RawEvent): Pick<EmailEvent, 'kind' | 'reason'> | null {
  switch (event.event) {
    case 'processed':
      return { kind: 'sent', reason: null }
    case 'delivered':
      return { kind: 'delivered', reason: null }
    case 'bounce':
      return { kind: 'failed', reason: bounceReason(text(event.type), text(event.reason)) }
    case 'dropped':
      return { kind: 'failed', reason: dropReason(text(event.reason)) }
    case 'spamreport':
    case 'unsubscribe':
    case 'group_unsubscribe':
      return { kind: 'opted_out', reason: null }
    default:
      // deferred: still under way; open and click: switched off, and no proof of a person
      return null
  }
}

/** An event of a mail of ours in our words; null for another's, for one we do not show, and for nonsense. */
export function toEmailEvent(raw: unknown): EmailEvent | null {
  if (typeof raw !== 'object' || raw === null) return null
  // Every member is checked before it is used
  const event = raw as RawEvent
  const [eventId, firmId, messageId] = [text(event.sg_event_id), text(event.firm_id), text(event.message_id)]
  const meaning = meaningOf(event)
  if (meaning === null || !printable.test(eventId) || !uuid.test(firmId) || !uuid.test(messageId)) return null
  const email = text(event.email)
  return { eventId, firmId, messageId, ...meaning, email: address.test(email) ? email : '' }
}

/** The members of an SDK failure that are read; everything else of it may hold the key. */
interface SdkFailure {
  code?: unknown
  response?: { headers?: Record<string, unknown> }
}

/** The longest that a header is believed. */
const waitMaxSeconds = 3_600

/** In how many seconds SendGrid counts anew (docs: rate limits, `X-RateLimit-Reset` in seconds since 1970); null when it does not say. */
function resetAfter(failure: SdkFailure, now: Date): number | null {
  const reset = Number(failure.response?.headers?.['x-ratelimit-reset'] ?? Number.NaN)
  const seconds = reset - now.getTime() / 1_000
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), waitMaxSeconds) : null
}

/**
 * Reduces whatever the SDK threw. Its own errors carry the HTTP status in `code`; a network failure is a raw axios error,
 * which holds the key in its config, so nothing of it is kept.
 */
export function toProviderError(operation: string, thrown: unknown, now: Date): ProviderError {
  // Only its code and one header are read, each checked where it is
  const failure: SdkFailure = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const status = typeof failure.code === 'number' ? failure.code : null
  const code = typeof failure.code === 'string' && /^[A-Z_]{1,40}$/.test(failure.code) ? failure.code : null
  const refused = status !== null && status >= 400 && status < 500
  return new ProviderError({
    provider: 'sendgrid',
    operation,
    outcome: refused ? 'refused' : 'unknown',
    status,
    code: code ?? (status === null ? null : `HTTP_${status}`),
    // That our account is refused is our fault and soon mended: the mail waits for it
    transient: refused ? [401, 403, 429].includes(status) : true,
    detail: refused ? refusalReason(status) : null,
    retryAfterSeconds: status === 429 ? resetAfter(failure, now) : null,
  })
}

function refusalReason(status: number): string {
  if (status === 401 || status === 403) return 'The mail service refused our account. Nothing was sent.'
  if (status === 429) return 'The mail service is busy'
  return 'The mail service did not accept this mail; check the address'
}
