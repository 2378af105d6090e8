import type { FastifyRequest } from 'fastify'

/** One request an emulator answered. Headers are left out: they carry credentials. */
export interface Call {
  /** When it arrived. */
  at: string
  method: string
  /** Path without the query. */
  path: string
  query: Record<string, unknown>
  body: unknown
  /** 0 when the connection ended before an answer had left. */
  status: number
}

export interface Calls {
  record(req: FastifyRequest, status: number): void
  /** The latest calls, oldest first; with `path`, only those whose path equals it or ends with it. */
  list(path?: string): Call[]
  /** How many calls there were since the last clear, those included that are not kept any more; `path` as for `list`. */
  count(path?: string): number
  clear(): void
}

const callsMax = 10_000
const bytesMax = 32 * 1024 * 1024
/** Ids stand in paths, so that there is no end of different ones. */
const pathsMax = 20_000

/**
 * Keeps the latest calls in memory: 10,000, or as many as have bodies of 32 MB together. All are counted, by path for the
 * first 20,000 different paths; a call of any other path counts under the pattern of its route.
 */
export function createCalls(): Calls {
  let calls: (Call & { bytes: number })[] = []
  let bytes = 0
  /** Index of the oldest call kept; what lies before it is cut off when it is half of all, so that no call costs much. */
  let first = 0
  const counts = new Map<string, number>()
  const forgetOldest = (): void => {
    bytes -= calls[first]?.bytes ?? 0
    first += 1
    if (first * 2 < calls.length) return
    calls = calls.slice(first)
    first = 0
  }
  return {
    record(req, status) {
      const path = req.url.split('?')[0] ?? ''
      // Fastify types the query as unknown; it is always an object of strings here
      const query = (req.query ?? {}) as Record<string, unknown>
      const size = req.rawBody.length
      calls.push({ at: req.arrivedAt.toISOString(), method: req.method, path, query, body: req.body, status, bytes: size })
      bytes += size
      while (calls.length - first > callsMax || (bytes > bytesMax && calls.length - first > 1)) forgetOldest()
      const counted = counts.has(path) || counts.size < pathsMax ? path : (req.routeOptions.url ?? path)
      counts.set(counted, (counts.get(counted) ?? 0) + 1)
    },
    list: (path) =>
      calls
        .slice(first)
        .filter((call) => path === undefined || call.path.endsWith(path))
        .map(({ bytes: _bytes, ...call }) => call),
    count(path) {
      return [...counts].reduce((sum, [each, count]) => (path === undefined || each.endsWith(path) ? sum + count : sum), 0)
    },
    clear() {
      calls = []
      first = 0
      bytes = 0
      counts.clear()
    },
  }
}
