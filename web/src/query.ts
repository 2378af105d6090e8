import { type InfiniteData, infiniteQueryOptions, type Query, QueryClient, queryOptions } from '@tanstack/react-query'
import type { Endpoint, EndpointSchema, Input } from '@ledgersync/shared/endpoint'
import { ApiError, call, type CallArguments } from './api.ts'

/** Any endpoint of the contract, when only its name matters. */
export interface Named {
  schema: { operationId: string }
}

/** The key under which an endpoint's answer to `input` is kept. */
export type EndpointKey = readonly [operationId: string, input: unknown, kind?: 'pages']

/**
 * Query options of one endpoint, under the key `[operationId, input]`: for loaders (`ensureQueryData`) and `useQuery`.
 */
export function query<E extends Endpoint<S>, S extends EndpointSchema = EndpointSchema>(endpoint: E, ...args: CallArguments<E>) {
  const queryKey: EndpointKey = [endpoint.schema.operationId, args[0] ?? {}]
  return queryOptions({ queryKey, queryFn: () => call<E, S>(endpoint, ...args) })
}

/**
 * Infinite query options of a list that is cut by cursor. `input` is the endpoint's, without `cursor`.
 */
export function pages<E extends Endpoint<S>, S extends EndpointSchema = EndpointSchema>(endpoint: E, input: Input<E>) {
  const queryKey: EndpointKey = [endpoint.schema.operationId, input, 'pages']
  return infiniteQueryOptions({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) => {
      // A keyset list takes `query.cursor` and answers a page: see `pageQuery` and `Page` of the contract
      const base = input as unknown as { query?: Record<string, unknown> }
      const next = { ...base, query: { ...base.query, ...(pageParam !== null && { cursor: pageParam }) } } as unknown as Input<E>
      return await call<E, S>(endpoint, ...([next] as unknown as CallArguments<E>))
    },
    getNextPageParam: (last) => last.nextCursor,
  })
}

/** Retries only what may pass by itself: no answer, or a server that is starting. Never a refusal. */
function shouldRetry(failures: number, error: Error): boolean {
  return failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502)
}

export const queryClient = new QueryClient({
  defaultOptions: {
    // Live events say when something changed, so an answer stays good until then
    queries: { staleTime: 60_000, retry: shouldRetry, retryDelay: (attempt) => 500 * 2 ** attempt },
  },
})

/** A list that somebody has scrolled this far is not fetched anew page by page whenever a row changes: it says that it is old. */
export const livePagesMax = 5

/** Fetches anew whatever is shown of these endpoints; with `clientId`, only of that client where an endpoint is about one. */
export async function invalidate(endpoints: readonly Named[], clientId: string | null = null): Promise<void> {
  const names = new Set(endpoints.map((endpoint) => endpoint.schema.operationId))
  const concerns = ({ queryKey }: Query): boolean => {
    // Keys are made by `query` and `pages` only
    const [name, input] = queryKey as EndpointKey
    if (!names.has(name)) return false
    const about = (input as { params?: { clientId?: string } }).params?.clientId
    return clientId === null || about === undefined || about === clientId
  }
  await renew(concerns)
}

/** Everything shown, as after a time in which nothing was heard of changes. */
export const invalidateAll = (): Promise<void> => renew(() => true)

async function renew(concerns: (query: Query) => boolean): Promise<void> {
  const growing = queryClient.getQueryCache().findAll({ predicate: (one) => concerns(one) && isGrowing(one) })
  const other = (one: Query): boolean => concerns(one) && !growing.includes(one)
  await Promise.all([
    queryClient.invalidateQueries({ predicate: (one) => other(one) && !isLong(one) }),
    queryClient.invalidateQueries({ predicate: (one) => other(one) && isLong(one), refetchType: 'none' }),
    ...growing.map(renewGrown),
  ])
}

/** Fetched anew at once, a list would lose the page that is on its way. */
async function renewGrown(query: Query): Promise<void> {
  // Answers what is on its way; that it failed is said where the list is shown
  await Promise.allSettled([query.fetch()])
  await queryClient.invalidateQueries({ predicate: (one) => one === query, refetchType: isLong(query) ? 'none' : 'active' })
}

const isGrowing = ({ state }: Query): boolean => state.fetchStatus === 'fetching' && state.fetchMeta?.fetchMore !== undefined

function isLong({ queryKey, state }: Query): boolean {
  // What `pages` fetched has this shape
  return queryKey[2] === 'pages' && ((state.data as InfiniteData<unknown> | undefined)?.pages.length ?? 0) > livePagesMax
}
