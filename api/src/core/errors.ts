import { type ErrorCode, errorStatus, type FieldError } from '@ledgersync/shared/errors'

/** Something the caller can understand and act on. The one error handler turns it into a problem answer. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly fields: FieldError[] | undefined
  readonly suggestion: string | undefined
  readonly retryAfterSeconds: number | undefined

  /** @param message a sentence fit for a person: what happened and what to do */
  constructor(
    code: ErrorCode,
    message: string,
    more: { fields?: FieldError[]; suggestion?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'AppError'
    this.code = code
    this.fields = more.fields
    this.suggestion = more.suggestion
    this.retryAfterSeconds = more.retryAfterSeconds
  }

  get status(): number {
    return errorStatus[this.code]
  }
}

/** A missing row, another firm's row and a client the caller is not assigned to: all the same. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `This ${what} does not exist, or you have no access to it.`)
}

/** An address that leads nowhere, and one that the caller may not know of: the same. */
export function noSuchAddress(): AppError {
  return new AppError('not_found', 'There is nothing at this address.')
}

/** One field of the request that only the service can judge. */
export function invalidField(field: string, message: string): AppError {
  return new AppError('invalid_field', message, { fields: [{ field, message }] })
}

/**
 * A provider's call that failed, reduced to what is safe to log and store: never headers, bodies or addresses.
 * `outcome` says whether the effect may have happened: `refused` certainly not, `unknown` perhaps.
 */
export class ProviderError extends Error {
  readonly provider: 'plaid' | 'quickbooks' | 'twilio' | 'sendgrid'
  readonly operation: string
  readonly outcome: 'refused' | 'unknown'
  /** HTTP status, or null when no answer came. */
  readonly status: number | null
  /** The provider's own code, such as `ITEM_LOGIN_REQUIRED` or `6240`. */
  readonly code: string | null
  /** The provider's id of the request, for its support. */
  readonly requestId: string | null
  /** Whether trying again later can help. */
  readonly transient: boolean
  /** The provider's own sentence about the data, where it is known to hold no secret. */
  readonly detail: string | null
  /** When to come back, in seconds and fractions of them. Known after too many calls, ours or others'; null otherwise. */
  readonly retryAfterSeconds: number | null
  /** The provider refused because there were too many calls. */
  readonly throttled: boolean

  constructor(
    fields: Pick<ProviderError, 'provider' | 'operation' | 'outcome' | 'status' | 'code' | 'transient'> &
      Partial<Pick<ProviderError, 'requestId' | 'detail' | 'retryAfterSeconds' | 'throttled'>>,
  ) {
    super(`${fields.provider} ${fields.operation}: ${fields.code ?? 'no answer'} (${fields.status ?? 'no status'})`)
    this.name = 'ProviderError'
    this.provider = fields.provider
    this.operation = fields.operation
    this.outcome = fields.outcome
    this.status = fields.status
    this.code = fields.code
    this.transient = fields.transient
    this.requestId = fields.requestId ?? null
    this.detail = fields.detail ?? null
    this.retryAfterSeconds = fields.retryAfterSeconds ?? null
    this.throttled = fields.throttled ?? fields.status === 429
  }

  /** The same failure, with the time to come back. */
  comeBack(retryAfterSeconds: number): ProviderError {
    const { provider, operation, outcome, status, code, transient, requestId, detail, throttled } = this
    return new ProviderError({ provider, operation, outcome, status, code, transient, requestId, detail, throttled, retryAfterSeconds })
  }
}

/** In how many milliseconds to come back after a call that certainly had no effect; null after any other failure. */
export function comeBackMs(error: unknown): number | null {
  if (!(error instanceof ProviderError) || error.outcome !== 'refused' || !error.transient) return null
  return error.retryAfterSeconds === null ? null : Math.ceil(error.retryAfterSeconds * 1_000)
}
