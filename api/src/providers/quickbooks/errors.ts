import { ProviderError } from '../../core/errors.ts'

/** An HTTP answer, whoever fetched it. */
export interface Answer {
  status: number
  /** Parsed JSON, or null when it was none. */
  body: unknown
  /** Intuit's id of the call (`intuit_tid`). */
  requestId: string | null
}

/** One error of a fault, reduced to what is safe to keep. */
export interface Fault {
  code: string | null
  /** Intuit's sentence about the data; empty when it has none. */
  detail: string
  /** `ValidationFault`, `SystemFault` … */
  type: string | null
}

/** No byte of the request can have arrived. */
const neverArrived = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])
/** Intuit asks for this long after it throttled. */
const throttledSeconds = 60
const throttledCode = '3001'
const detailMax = 300

const asObject = (value: unknown): Record<string, unknown> =>
  // Every member is checked where it is read
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

function text(value: unknown, pattern: RegExp): string | null {
  return typeof value === 'string' && pattern.test(value) ? value : null
}

/**
 * The first error of a fault. Intuit spells its members in two ways: `Fault.Error[].Detail`, and below an authentication failure
 * `fault.error[].detail` (Intuit's error handling reference). Null when the body holds no fault.
 */
export function readFault(body: unknown): Fault | null {
  const { Fault: upper, fault: lower } = asObject(body)
  const fault = asObject(upper ?? lower)
  const errors = fault['Error'] ?? fault['error']
  if (!Array.isArray(errors)) return null
  const first = asObject(errors[0])
  const detail = first['Detail'] ?? first['detail']
  return {
    code: text(first['code'], /^\w{1,20}$/),
    detail: typeof detail === 'string' ? detail.slice(0, detailMax) : '',
    type: text(fault['type'], /^\w{1,40}$/),
  }
}

/** Whether the fault of one entry says that Intuit itself stumbled, so that nobody knows what became of the entry. */
export function isDoubtful(fault: Fault): boolean {
  return fault.type === 'SystemFault' || fault.code === throttledCode || fault.code === null
}

/** What an answer other than success means. */
export function toRefusal(operation: string, { status, body, requestId }: Answer): ProviderError {
  const common = { provider: 'quickbooks', operation, status, requestId } as const
  // The detail of an authentication failure may repeat the token
  if (status === 401 && readOauthError(body) === null) {
    return new ProviderError({ ...common, outcome: 'refused', code: 'unauthorized', transient: false })
  }
  const fault = readFault(body)
  const code = fault?.code ?? readOauthError(body)
  const isThrottled = status === 429 || code === throttledCode
  return new ProviderError({
    ...common,
    outcome: status >= 500 ? 'unknown' : 'refused',
    code,
    transient: isThrottled || status >= 500,
    detail: fault === null || fault.detail === '' ? null : fault.detail,
    retryAfterSeconds: isThrottled ? throttledSeconds : null,
    throttled: isThrottled,
  })
}

/** The token endpoints answer in the words of OAuth 2.0 (RFC 6749, 5.2). Their descriptions are not kept. */
function readOauthError(body: unknown): string | null {
  return text(asObject(body)['error'], /^[a-z_]{1,60}$/)
}

/** What a call that brought no usable answer means. Nothing of the failure is kept but its code: it may hold the request. */
export function toSilence(operation: string, failure: unknown): ProviderError {
  const code = codeOf(failure)
  return new ProviderError({
    provider: 'quickbooks',
    operation,
    outcome: code !== null && neverArrived.has(code) ? 'refused' : 'unknown',
    status: null,
    code,
    transient: true,
  })
}

/** The code of a failed call, the system's or axios's. */
const codeOf = (failure: unknown): string | null => text(asObject(failure)['code'], /^[A-Z_]{1,60}$/)
