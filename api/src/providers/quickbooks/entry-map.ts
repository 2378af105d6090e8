import { type Minor, minorToDecimal } from '@ledgersync/shared/money'
import type { Entry } from '../../db/entry.ts'
import type { EntryToPost } from './types.ts'

/** Intuit's limits, in characters. */
const privateNoteMax = 4_000
const descriptionMax = 4_000
const docNumberMax = 21

export type EntityName = 'Purchase' | 'Deposit'

/** What finds an entry again after a doubtful answer. It stands in the entry's private note, which queries cannot filter by. */
export function markerOf(pushId: string): string {
  return `[ledgersync ${pushId}]`
}

/** Which of QuickBooks' own entities the entry is. */
export function entityOf({ kind }: Entry): EntityName {
  return kind === 'deposit' ? 'Deposit' : 'Purchase'
}

/** The entry as Intuit takes it (Purchase and Deposit references). The same entry always gives the same text. */
export function toWireEntry({ pushId, entry }: EntryToPost): object {
  const common = { TxnDate: entry.date, PrivateNote: privateNote(entry.memo, pushId) }
  return entityOf(entry) === 'Deposit' ? { ...common, ...deposit(entry) } : { ...common, ...purchase(entry) }
}

function purchase(entry: Entry): object {
  return {
    ...paymentOf(entry),
    AccountRef: { value: entry.accountId },
    ...(entry.vendorId === null ? {} : { EntityRef: { value: entry.vendorId, type: 'Vendor' } }),
    Line: entry.lines.map((line) => ({
      Amount: toAmount(line.amountMinor, entry.currency),
      Description: cut(line.description, descriptionMax),
      DetailType: 'AccountBasedExpenseLineDetail',
      AccountBasedExpenseLineDetail: { AccountRef: { value: line.accountId } },
    })),
  }
}

function paymentOf({ kind, checkNumber }: Entry): object {
  switch (kind) {
    case 'check':
      return { PaymentType: 'Check', ...(checkNumber === null ? {} : { DocNumber: cut(checkNumber, docNumberMax) }) }
    case 'card_charge':
      return { PaymentType: 'CreditCard' }
    case 'card_credit':
      return { PaymentType: 'CreditCard', Credit: true }
    case 'expense':
      return { PaymentType: 'Cash' }
    case 'deposit':
      throw new Error('A deposit is no purchase')
  }
}

function deposit(entry: Entry): object {
  return {
    DepositToAccountRef: { value: entry.accountId },
    Line: entry.lines.map((line) => ({
      Amount: toAmount(line.amountMinor, entry.currency),
      Description: cut(line.description, descriptionMax),
      DetailType: 'DepositLineDetail',
      DepositLineDetail: {
        AccountRef: { value: line.accountId },
        ...(entry.vendorId === null ? {} : { Entity: { value: entry.vendorId, type: 'Vendor' } }),
      },
    })),
  }
}

/** The decimal text as a JSON number. JSON writes the shortest text that reads back the same, which is the decimal text again. */
function toAmount(amountMinor: Minor, currency: string): number {
  return Number(minorToDecimal(amountMinor, currency))
}

/** The memo is cut, never the marker. */
function privateNote(memo: string, pushId: string): string {
  const marker = markerOf(pushId)
  // Nobody's words may look like another entry's marker
  const shown = cut(memo.replaceAll('[ledgersync', '(ledgersync'), privateNoteMax - marker.length - 1)
  return shown === '' ? marker : `${shown}\n${marker}`
}

/** At most `max` UTF-16 units, without half a character at the end. */
function cut(value: string, max: number): string {
  return value.length <= max ? value : value.slice(0, max).replace(/[\uD800-\uDBFF]$/, '')
}
