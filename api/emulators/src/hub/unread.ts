import type { Store } from '../kit/store.ts'

/** How many things of each conversation have been looked at. */
export interface Seen {
  counts: Record<string, number>
}

export function unreadCount(seen: Store<Seen>, key: string, total: number): number {
  return Math.max(total - (seen.data.counts[key] ?? 0), 0)
}

export function markSeen(seen: Store<Seen>, key: string, total: number): void {
  if (seen.data.counts[key] === total) return
  seen.data.counts[key] = total
  seen.save()
}
