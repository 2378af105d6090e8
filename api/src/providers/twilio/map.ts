import { ProviderError } from '../../core/errors.ts'
import { isTransient, reasonFor } from './reasons.ts'

/** How the carrier's answer maps to our message states. */
export interface SmsStatus {
  state: 'sent' | 'delivered' | 'failed'
  /** In plain words, for a failure. */
  reason: string | null
}

/**
 * A status callback in our states, or null for a step we do not show. Final at Twilio: delivered, read, undelivered, failed, canceled.
 * Source: twilio.com/docs/messaging/api/message-resource, "message status values".
 */
export function smsStatus(params: Readonly<Record<string, string>>): SmsStatus | null {
  switch (params.MessageStatus) {
    case 'sent':
      return { state: 'sent', reason: null }
    case 'delivered':
    case 'read':
      return { state: 'delivered', reason: null }
    case 'undelivered':
    case 'failed':
      return { state: 'failed', reason: reasonFor(params.ErrorCode ?? null) }
    case 'canceled':
      return { state: 'failed', reason: 'Canceled at the text service' }
    default:
      return null
  }
}

/** The sender's queue at Twilio is full: more texts than it can send in hours. */
const queueFull = '21611'

/** The members of an SDK failure that are read; everything else of it may hold the credentials. */
interface SdkFailure {
  status?: unknown
  code?: unknown
}

/**
 * Reduces whatever the SDK threw. A 4xx answer means that nothing was sent; no answer, a 5xx, or anything unexpected leaves it open.
 * The original is not kept as cause: axios errors carry the account's password.
 */
export function toProviderError(operation: string, thrown: unknown): ProviderError {
  // Only two members are read, each checked below
  const failure: SdkFailure = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const status = typeof failure.status === 'number' ? failure.status : null
  const code =
    typeof failure.code === 'number' || (typeof failure.code === 'string' && /^[\w-]{1,40}$/.test(failure.code))
      ? String(failure.code)
      : null
  const refused = status !== null && status >= 400 && status < 500
  return new ProviderError({
    provider: 'twilio',
    operation,
    outcome: refused ? 'refused' : 'unknown',
    status,
    code,
    transient: refused ? isTransient(code, status) : true,
    detail: refused ? reasonFor(code) : null,
    throttled: status === 429 || code === queueFull,
  })
}
