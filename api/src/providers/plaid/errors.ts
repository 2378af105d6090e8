import { ProviderError } from '../../core/errors.ts'
import { isAxiosError } from '../../core/outgoing.ts'

/** Error types after which the same call may succeed later. */
const transientTypes = new Set(['API_ERROR', 'RATE_LIMIT_EXCEEDED', 'INSTITUTION_ERROR', 'TRANSACTIONS_ERROR'])
/** Codes that contradict their type. */
const lasting = new Set(['INSTITUTION_NO_LONGER_SUPPORTED', 'UNAUTHORIZED_INSTITUTION', 'INSTITUTION_REGISTRATION_REQUIRED'])
const passing = new Set(['PRODUCT_NOT_READY'])
/** No byte of the request can have arrived. */
const neverArrived = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])
const detailMax = 300

function text(value: unknown, pattern: RegExp): string | null {
  return typeof value === 'string' && pattern.test(value) ? value : null
}

/**
 * Reduces whatever a call threw to what is safe to keep: the SDK's errors carry the credentials in their configuration and the
 * tokens in their request. The detail is the provider's `display_message` only, the one text it means for people.
 */
export function toProviderError(operation: string, error: unknown): ProviderError {
  if (error instanceof ProviderError) return error
  // With a success whose body broke off axios throws too: what it would have said nobody knows
  const answer = isAxiosError(error) && (error.response?.status ?? 0) >= 300 ? error.response : undefined
  if (answer === undefined) {
    const code = isAxiosError(error) ? (error.code ?? null) : null
    const outcome = code !== null && neverArrived.has(code) ? 'refused' : 'unknown'
    // An answer that does not have the promised shape is no axios error: trying again may help, its text may hold anything
    return new ProviderError({ provider: 'plaid', operation, outcome, status: null, code: text(code, /^[A-Z_]{1,60}$/), transient: true })
  }
  const { status } = answer
  // Whatever a server sends as a body; every member is checked below
  const body = (typeof answer.data === 'object' && answer.data !== null ? answer.data : {}) as Record<string, unknown>
  const code = text(body.error_code, /^[A-Z0-9_]{1,100}$/)
  const type = text(body.error_type, /^[A-Z_]{1,60}$/)
  const transient =
    status === 429 ||
    status >= 500 ||
    (code !== null && passing.has(code)) ||
    (type !== null && transientTypes.has(type) && !(code !== null && lasting.has(code)))
  const detail = typeof body.display_message === 'string' && body.display_message !== '' ? body.display_message.slice(0, detailMax) : null
  return new ProviderError({
    provider: 'plaid',
    operation,
    outcome: status >= 500 ? 'unknown' : 'refused',
    status,
    code,
    transient,
    detail,
    requestId: text(body.request_id, /^[\w-]{1,64}$/),
    retryAfterSeconds: retryAfter(answer.headers['retry-after']),
  })
}

function retryAfter(header: unknown): number | null {
  const seconds = Number(text(header, /^\d{1,6}$/) ?? Number.NaN)
  return Number.isNaN(seconds) ? null : seconds
}
