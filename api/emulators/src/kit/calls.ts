import type { FastifyRequest } from 'fastify'

/** One request an emulator answered. Headers are left out: they carry credentials. */
export interface Call {
  at: string
  method: string
  /** Path without the query. */
  path: string
  query: Record<string, unknown>
  body: unknown
  status: number
}

export interface Calls {
  record(req: FastifyRequest, status: number): void
  /** All calls, oldest first; with `path`, only those whose path equals it or ends with it. */
  list(path?: string): Call[]
  clear(): void
}

const callsMax = 50_000

/** Keeps the latest 50,000 calls in memory. */
export function createCalls(now: () => Date): Calls {
  let calls: Call[] = []
  return {
    record(req, status) {
      const path = req.url.split('?')[0] ?? ''
      // Fastify types the query as unknown; it is always an object of strings here
      const query = (req.query ?? {}) as Record<string, unknown>
      calls.push({ at: now().toISOString(), method: req.method, path, query, body: req.body, status })
      if (calls.length > callsMax) calls = calls.slice(-callsMax / 2)
    },
    list: (path) => (path === undefined ? [...calls] : calls.filter((call) => call.path === path || call.path.endsWith(path))),
    clear() {
      calls = []
    },
  }
}
