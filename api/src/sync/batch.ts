import type { ProviderAccount, ProviderTransaction, SyncPage } from '../providers/plaid/client.ts'

/** Everything that lies between two cursors. */
export interface Batch {
  /** Added and changed rows at their latest, each once. */
  rows: ProviderTransaction[]
  /** Provider ids of rows that the bank has withdrawn, or that have been replaced by their posted row. */
  removedIds: string[]
  accounts: ProviderAccount[]
  /** Null when the provider has nothing to say yet; then there is nothing to store either. */
  nextCursor: string | null
  historyComplete: boolean
}

/** Folds pages into one batch. Pages are in order: what a later page says of a row replaces what an earlier one said. */
export function foldPages(pages: readonly SyncPage[]): Batch {
  const rows = new Map<string, ProviderTransaction>()
  const removed = new Set<string>()
  for (const page of pages) {
    for (const id of page.removedIds) {
      rows.delete(id)
      removed.add(id)
    }
    for (const row of [...page.added, ...page.modified]) {
      rows.set(row.providerTransactionId, row)
      removed.delete(row.providerTransactionId)
    }
  }
  const last = pages.at(-1)
  return {
    rows: [...rows.values()],
    removedIds: [...removed],
    accounts: last?.accounts ?? [],
    nextCursor: last === undefined || !last.ready || last.nextCursor === '' ? null : last.nextCursor,
    historyComplete: last?.historyComplete ?? false,
  }
}
