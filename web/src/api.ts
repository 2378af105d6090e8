import type { Endpoint, EndpointSchema, Input, Output } from '@ledgersync/shared/endpoint'
import { auth } from '@ledgersync/shared/auth'
import type { FieldError, Problem } from '@ledgersync/shared/errors'

/** Codes of the contract, and two of the browser's own: `offline` (no answer came) and `unreadable` (not from our API). */
export type FailureCode = Problem['code'] | 'offline' | 'unreadable'

/** An answer that was no success. `requestId` is the support code; `fields` are the refused ones, by path. */
export class ApiError extends Error {
  readonly code: FailureCode
  readonly status: number
  readonly requestId: string | null
  readonly fields: FieldError[]
  readonly suggestion: string | null
  readonly retryAfterSeconds: number | null

  constructor(problem: Partial<Problem> & { code: FailureCode; status: number }, retryAfterSeconds: number | null = null) {
    super(problem.detail ?? problem.code)
    this.name = 'ApiError'
    this.code = problem.code
    this.status = problem.status
    this.requestId = problem.requestId ?? null
    this.fields = problem.fields ?? []
    this.suggestion = problem.suggestion ?? null
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The members are optional when the endpoint has none. */
export type CallArguments<E> = Record<never, never> extends Input<E> ? [input?: Input<E>] : [input: Input<E>]

/** Members of a path or query: text, numbers and switches. */
type Values = Record<string, string | number | boolean | undefined>

interface Parts {
  params?: Values
  query?: Values
  body?: unknown
}

/**
 * Calls one endpoint of the contract and answers its success body; `null` when it has none.
 * An expired access cookie is renewed once and the request repeated. Throws {@link ApiError} for everything else.
 */
export async function call<E extends Endpoint<S>, S extends EndpointSchema = EndpointSchema>(
  endpoint: E,
  ...[input]: CallArguments<E>
): Promise<Output<E>> {
  // Input<E> is params, query and body, each only where the endpoint has it
  const parts = (input ?? {}) as Parts
  try {
    return await send<E>(endpoint, parts)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'session_stale') throw error
    await renewSession()
    return await send<E>(endpoint, parts)
  }
}

let signedOut: () => void = () => {}

/** Sets what happens when the API says that nobody is signed in any more. */
export function whenSignedOut(handler: () => void): void {
  signedOut = handler
}

let renewal: Promise<unknown> | undefined

/** One renewal at a time, however many requests met the expired cookie. */
function renewSession(): Promise<unknown> {
  renewal ??= send(auth.refresh, {}).finally(() => {
    renewal = undefined
  })
  return renewal
}

async function send<E>(endpoint: { method: string; url: string }, { params, query, body }: Parts): Promise<Output<E>> {
  const init: RequestInit = { method: endpoint.method, headers: { accept: 'application/json' }, credentials: 'same-origin' }
  if (body !== undefined) {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const response = await reach(addressOf(endpoint.url, params, query), init)
  if (!response.ok) {
    const failure = await failureOf(response)
    if (failure.code === 'unauthenticated') signedOut()
    throw failure
  }
  const text = await response.text()
  // The contract says what a success carries; 202 and 204 carry nothing
  return (text === '' ? null : JSON.parse(text)) as Output<E>
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init)
  } catch (error) {
    // fetch throws TypeError when no answer came; anything else is a mistake of ours
    if (error instanceof TypeError) throw new ApiError({ code: 'offline', status: 0 })
    throw error
  }
}

/** Where a browser finds what an endpoint answers, for what is downloaded. */
export function addressFor(endpoint: { url: string }, query: Values, params: Values = {}): string {
  return addressOf(endpoint.url, params, query)
}

/** Fills `:name` in the path and appends the query, leaving out what is undefined or empty. */
function addressOf(url: string, params: Values = {}, query: Values = {}): string {
  const path = url.replace(/:(\w+)/g, (_match, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`The address ${url} needs ${name}`)
    return encodeURIComponent(String(value))
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, String(value))
  const text = search.toString()
  return `/v1${path}${text === '' ? '' : `?${text}`}`
}

async function failureOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after'))
  const retryAfterSeconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    return new ApiError({ code: 'unreadable', status: response.status })
  }
  // The API writes every problem from the one schema
  return new ApiError((await response.json()) as Problem, retryAfterSeconds)
}
