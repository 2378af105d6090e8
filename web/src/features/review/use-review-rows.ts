import { review } from '@ledgersync/shared/review'
import type { Bucket, Transaction } from '@ledgersync/shared/transactions'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { pages } from '../../query.ts'
import { type Filters, filterQuery } from '../transactions/filter-address.ts'

export type View = Bucket | 'approved' | 'all'

interface Kept {
  key: string
  /** Rows that were let into the list; a row that arrives above them waits until it is asked for. */
  seen: ReadonlySet<string>
  /** Rows approved here: they stay, ticked, until the view is left. */
  approved: ReadonlyMap<string, Transaction>
}

/** The rows of one view of the queue, newest first, and what keeps them still while others work. */
export function useReviewRows(view: View, filters: Filters) {
  const list = useInfiniteQuery(
    pages(review.list, { query: { limit: 100, ...filterQuery(filters), ...(view !== 'all' && { bucket: view }) } }),
  )
  const key = JSON.stringify([view, filters])
  const [state, setState] = useState<Kept>({ key, seen: new Set(), approved: new Map() })
  const kept = state.key === key ? state : { key, seen: new Set<string>(), approved: new Map<string, Transaction>() }
  const found = list.data?.pages
  const all = useMemo(() => withKept(found?.flatMap((page) => page.items) ?? [], kept.approved), [found, kept.approved])

  const lastSeen = all.findLastIndex((row) => kept.seen.has(row.id))
  const waiting = all.filter((row, index) => index < lastSeen && !kept.seen.has(row.id))
  const arrived = all.slice(lastSeen + 1)
  // Rows below the last one seen are the next page: let in at once
  if (arrived.length > 0) setState({ ...kept, seen: new Set([...kept.seen, ...arrived.map((row) => row.id)]) })

  const rows = useMemo(() => all.filter((row) => kept.seen.has(row.id)), [all, kept.seen])
  return {
    rows: found === undefined ? undefined : rows,
    list,
    waiting: waiting.length,
    showWaiting: () => setState({ ...kept, seen: new Set(all.map((row) => row.id)) }),
    /** Keeps rows in view as they are now. */
    keep: (changed: readonly Transaction[]) =>
      setState((before) => ({ ...before, approved: new Map([...before.approved, ...changed.map((row) => [row.id, row] as const)]) })),
    release: (ids: readonly string[]) =>
      setState((before) => ({ ...before, approved: new Map([...before.approved].filter(([id]) => !ids.includes(id))) })),
  }
}

/** The fetched rows and, in their places, the kept ones that the view no longer lists. Newest first, as the queue is. */
function withKept(fetched: Transaction[], kept: ReadonlyMap<string, Transaction>): Transaction[] {
  const ids = new Set(fetched.map((row) => row.id))
  const missing = [...kept.values()].filter((row) => !ids.has(row.id))
  if (missing.length === 0) return fetched
  return [...fetched, ...missing].sort((one, other) => compare(other.date, one.date) || compare(other.id, one.id))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
