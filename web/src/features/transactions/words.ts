import type { Blocker, Stage, Transaction } from '@ledgersync/shared/transactions'
import type { Tone } from '../../ui/badge.tsx'

/** What a stage is called, and how loud it is. */
export const stageWords: Record<Stage, { label: string; tone: Tone }> = {
  pending: { label: 'Pending', tone: 'neutral' },
  open: { label: 'To review', tone: 'neutral' },
  approved: { label: 'Approved', tone: 'ok' },
  pushing: { label: 'Pushing', tone: 'moving' },
  pushed: { label: 'In QuickBooks', tone: 'neutral' },
  failed: { label: 'Failed', tone: 'bad' },
  removed: { label: 'Withdrawn', tone: 'neutral' },
}

interface BlockerWords {
  /** For a badge. */
  short: string
  /** What stands in the way. */
  sentence: (row: Transaction) => string
  /** Words of the link to the client's mapping, where that page fixes it. */
  fix: string | null
}

/** Each blocker in plain words. */
export const blockerWords: Record<Blocker, BlockerWords> = {
  books_not_connected: {
    short: 'No QuickBooks',
    sentence: (row) => `QuickBooks is not connected for ${row.clientName}.`,
    fix: 'Connect QuickBooks',
  },
  account_not_mapped: { short: 'Not mapped', sentence: (row) => `${row.accountName} is not mapped to a QuickBooks account.`, fix: 'Map' },
  category_not_mapped: {
    short: 'Not mapped',
    sentence: (row) => `${row.coding.categoryName ?? 'The category'} has no QuickBooks account at ${row.clientName}.`,
    fix: 'Map',
  },
  foreign_currency: {
    short: 'Currency',
    sentence: (row) => `The amount is in ${row.currency}, another currency than its account in QuickBooks.`,
    fix: null,
  },
  inexact_amount: {
    short: 'Inexact',
    sentence: (row) => `The bank wrote ${row.inexactAmount ?? 'an amount'}, which has fractions of the smallest unit.`,
    fix: null,
  },
  mode_off: { short: 'Off', sentence: (row) => `Posting is off for ${row.accountName}.`, fix: 'Change mode' },
  zero_amount: { short: 'Zero', sentence: () => 'The amount is zero, so there is nothing to post.', fix: null },
}
