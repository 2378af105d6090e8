import type { Minor } from '@ledgersync/shared/money'
import type { EntryKind } from '@ledgersync/shared/pushes'

/**
 * One entry for QuickBooks in our own words, kept with its push so that a repeat sends the same.
 * Amounts are positive; the kind says the direction. Ids are QuickBooks' own.
 */
export interface Entry {
  kind: EntryKind
  /** YYYY-MM-DD */
  date: string
  amountMinor: Minor
  currency: string
  /** The bank or card account's own account in the books. */
  accountId: string
  vendorId: string | null
  checkNumber: string | null
  /** Shown to people; the marker that finds the entry again is added when it is sent. */
  memo: string
  lines: { accountId: string; amountMinor: Minor; description: string }[]
}
