import { setTimeout as sleep } from 'node:timers/promises'
import { auth } from '@ledgersync/shared/auth'
import type { Endpoint, Input, Output } from '@ledgersync/shared/endpoint'

/** An accountant's browser: goes on after lost connections and ended sessions, as a person does by pressing the button again. */
export interface Desk {
  email: string
  /** Calls until there is an answer. Throws `Refused` for a 4xx. Only for what may be asked for twice. */
  call<E extends Endpoint>(endpoint: E, input?: Partial<Input<E>>): Promise<Output<E>>
  /** Calls an address of the product as a browser follows a link; answers where it leads, or null when nobody answered. */
  follow(url: string): Promise<string | null>
  /** Statuses of 500 and above that came, counted. */
  failures: Map<number, number>
}

/** The product's own no. */
export class Refused extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`)
    this.status = status
    this.code = code
  }
}

const patienceMs = 60_000
const timeoutMs = 10_000

interface Account {
  email: string
  password: string
}

/** Opens a desk for a person who has signed up. */
export function openDesk(origin: string, { email, password }: Account): Desk {
  const jar = new Map<string, string>()
  const failures = new Map<number, number>()
  const send = async (method: string, path: string, body?: unknown): Promise<Response | null> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { origin, cookie, ...(body !== undefined && { 'content-type': 'application/json' }) }
    const init = { method, headers, redirect: 'manual' as const, signal: AbortSignal.timeout(timeoutMs) }
    // A dead API answers nothing, which is what this is about
    const response = await fetch(origin + path, body === undefined ? init : { ...init, body: JSON.stringify(body) }).catch(() => null)
    for (const line of response?.headers.getSetCookie() ?? []) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    if (response !== null && response.status >= 500) failures.set(response.status, (failures.get(response.status) ?? 0) + 1)
    return response
  }
  const attempt = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await send(method, path, body)
    // The body may be cut like everything else
    const text = await response?.text().catch(() => null)
    if (response === null || text == null || response.status >= 500 || response.status === 429) return again
    if (response.status === 401 && path !== signInPath) {
      await send('POST', signInPath, { username: email, password })
      return again
    }
    const answer: unknown = text === '' ? null : JSON.parse(text)
    if (response.status < 400) return answer
    // Every refusal of the API is a problem
    const { code, detail } = answer as { code: string; detail?: string }
    throw new Refused(response.status, code, detail ?? '')
  }
  return {
    email,
    failures,
    async call(endpoint, input = {}) {
      const { method, path, body } = requestOf(endpoint, input)
      for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(100)) {
        const answer = await attempt(method, path, body)
        // The endpoint says what it answers
        if (answer !== again) return answer as Output<typeof endpoint>
      }
      throw new Error(`${method} ${path} was not answered in ${patienceMs / 1000} s`)
    },
    async follow(url) {
      const { pathname, search } = new URL(url)
      const response = await send('GET', pathname + search)
      return response?.headers.get('location') ?? null
    },
  }
}

const again = Symbol('again')
const signInPath = `/v1${auth.signIn.url}`

function requestOf<E extends Endpoint>(endpoint: E, input: Partial<Input<E>>): { method: string; path: string; body: unknown } {
  // Input<E> is this shape for every endpoint; the generic keeps TypeScript from seeing it
  const {
    params = {},
    query = {},
    body,
  } = input as unknown as { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown }
  const url = endpoint.url.replaceAll(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))
  return { method: endpoint.method, path: `/v1${url}${search.size > 0 ? `?${search}` : ''}`, body }
}
