import { createWindows } from '../kit/window.ts'
import { PlaidFault } from './errors.ts'

/** Calls in any 60 seconds of `now()`: of one Item, and of the client as a whole. */
export interface EndpointLimit {
  item?: number
  client?: number
}
export type PlaidLimits = Record<string, EndpointLimit>

/** Production, per path (plaid.com/docs/errors/rate-limit-exceeded). What is not on the list has no published limit. */
const published: PlaidLimits = {
  '/accounts/get': { item: 15, client: 15_000 },
  '/accounts/balance/get': { item: 5, client: 1_200 },
  '/item/get': { item: 15, client: 5_000 },
  '/item/remove': { item: 30, client: 2_000 },
  '/transactions/sync': { item: 50, client: 2_500 },
  '/institutions/get': { client: 50 },
  '/institutions/get_by_id': { client: 400 },
}

const codes: Record<string, string> = {
  '/accounts/get': 'ACCOUNTS_LIMIT',
  '/accounts/balance/get': 'ACCOUNTS_BALANCE_GET_LIMIT',
  '/item/get': 'ITEM_GET_LIMIT',
  '/transactions/sync': 'TRANSACTIONS_SYNC_LIMIT',
  '/institutions/get': 'INSTITUTIONS_GET_LIMIT',
  '/institutions/get_by_id': 'INSTITUTIONS_GET_BY_ID_LIMIT',
}

/** Counts calls per path. Kept in memory: a restart forgets it. */
export interface Throttle {
  /** Counts a call, or throws the 429 fault; what is refused does not count. Plaid names no time to wait. */
  enter(path: string, accessToken: unknown): void
  clear(): void
}

export function createThrottle(changes: PlaidLimits, now: () => Date): Throttle {
  const windows = createWindows()
  const limits = { ...published, ...changes }
  return {
    enter(path, accessToken) {
      const { item, client } = limits[path] ?? {}
      const at = now().getTime()
      const counted: [key: string, max: number][] = []
      if (client !== undefined) counted.push([path, client])
      if (item !== undefined && typeof accessToken === 'string') counted.push([`${path} ${accessToken}`, item])
      if (!counted.every(([key, max]) => windows.hasRoom(key, at, { max, spanMs: 60_000 }))) {
        const message = 'rate limit exceeded for attempts to access this item. please try again later'
        throw new PlaidFault('RATE_LIMIT_EXCEEDED', codes[path] ?? 'RATE_LIMIT', message, { status: 429 })
      }
      for (const [key] of counted) windows.add(key, at)
    },
    clear: () => windows.clear(),
  }
}
