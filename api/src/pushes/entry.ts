import { minor } from '@ledgersync/shared/money'
import type { EntryKind } from '@ledgersync/shared/pushes'
import type { Minor } from '@ledgersync/shared/money'
import type { Entry } from '../db/entry.ts'

/** A coded row with QuickBooks' own ids of all it names. */
export interface CodedTransaction {
  /** YYYY-MM-DD */
  date: string
  description: string
  memo: string | null
  checkNumber: string | null
  /** Positive is money into the account. */
  amountMinor: Minor
  currency: string
  accountKind: 'bank' | 'card'
  accountProviderId: string
  targetProviderId: string
  vendorProviderId: string | null
}

/**
 * Which sort of entry a row becomes: money out of a bank account is an expense, or a check when it has a
 * number; a card's charge and refund stay on the card; money into a bank account is a deposit. Zero is refused.
 */
function entryKind(row: Pick<CodedTransaction, 'amountMinor' | 'accountKind' | 'checkNumber'>): EntryKind {
  if (row.amountMinor === 0) throw new Error('A zero amount has no entry')
  const out = row.amountMinor < 0
  if (row.accountKind === 'card') return out ? 'card_charge' : 'card_credit'
  if (!out) return 'deposit'
  return (row.checkNumber ?? '').trim() === '' ? 'expense' : 'check'
}

/** The entry of a row. Its amounts are positive, and its lines add up to its amount. */
export function entryFor(row: CodedTransaction): Entry {
  const amountMinor = minor(Math.abs(row.amountMinor))
  const kind = entryKind(row)
  const entry: Entry = {
    kind,
    date: row.date,
    amountMinor,
    currency: row.currency,
    accountId: row.accountProviderId,
    vendorId: row.vendorProviderId,
    checkNumber: kind === 'check' ? (row.checkNumber?.trim() ?? null) : null,
    memo: row.memo ?? row.description,
    lines: [{ accountId: row.targetProviderId, amountMinor, description: row.description }],
  }
  const total = entry.lines.reduce((sum, line) => sum + line.amountMinor, 0)
  if (total !== entry.amountMinor) throw new Error('The lines do not add up to the entry')
  return entry
}
