import { addDays, dayOf } from './calendar.ts'
import { newId } from './ids.ts'
import { notifyUpdates } from './item-webhooks.ts'
import { fromMinor, toMinor } from './money.ts'
import { toPlaidTransaction, withChanges } from './transaction.ts'
import type { Account, BankRow, Item, PlaidTransaction, RowChanges, SentRow } from './types.ts'
import type { World } from './world.ts'

/** Days of history in the first download; the rest follows with the second. */
const initialDays = 30

function accountOf(item: Item, accountId: string): Account {
  const account = item.accounts.find((candidate) => candidate.accountId === accountId)
  if (!account) throw new Error(`Item ${item.itemId} has no account ${accountId}`)
  return account
}

function reported(item: Item, transactionId: string): PlaidTransaction {
  const transaction = item.current[transactionId]
  if (!transaction) throw new Error(`Item ${item.itemId} has no transaction ${transactionId}`)
  return transaction
}

/** Money out lowers what an account holds and raises what a card or loan owes. Rows in a foreign currency move nothing. */
function moveBalance(account: Account, transaction: PlaidTransaction, times: 1 | -1): void {
  const currency = transaction.iso_currency_code ?? transaction.unofficial_currency_code
  if (transaction.pending || currency !== account.currency) return
  const owes = account.type === 'credit' || account.type === 'loan'
  account.currentMinor += times * (owes ? 1 : -1) * toMinor(transaction.amount, account.currency)
}

function record(item: Item, transaction: PlaidTransaction): void {
  item.current[transaction.transaction_id] = transaction
  item.changes.push({ transactionId: transaction.transaction_id, accountId: transaction.account_id, transaction })
}

function forget(item: Item, transaction: PlaidTransaction): void {
  delete item.current[transaction.transaction_id]
  delete item.postsOn[transaction.transaction_id]
  item.changes.push({ transactionId: transaction.transaction_id, accountId: transaction.account_id, transaction: null })
}

function toReported(item: Item, entry: Item['waiting'][number], today: string): PlaidTransaction {
  const { transactionId, accountId, row } = entry
  const pending = row.datePosted === undefined || row.datePosted > today
  return toPlaidTransaction(row, {
    transactionId,
    accountId,
    accountCurrency: accountOf(item, accountId).currency,
    pending,
    pendingTransactionId: null,
  })
}

/** Puts an account's rows in line for download: those since the first day the Item may see. Newest first, as Plaid lists them. */
export function queueHistory(world: World, item: Item, account: Account): void {
  const firstDay = addDays(item.createdAt.slice(0, 10), -item.daysRequested)
  const rows = account.rows.filter((row) => (row.datePosted ?? row.date) >= firstDay)
  rows.sort((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0))
  for (const row of rows) item.waiting.push({ transactionId: newId(world.store.data), accountId: account.accountId, row, moves: false })
}

/** An account that is no longer shared takes its rows with it. */
export function dropHistory(item: Item, account: Account): void {
  item.waiting = item.waiting.filter((entry) => entry.accountId !== account.accountId)
  for (const row of Object.values(item.current)) if (row.account_id === account.accountId) forget(item, row)
}

/** Downloads what is in line and allowed by now: 30 days with the initial update, everything with the historical one. */
export function download(world: World, item: Item): number {
  if (item.readiness === 'none') return 0
  const today = dayOf(world.now())
  const oldest = item.readiness === 'historical' ? '' : addDays(today, -initialDays)
  const [arriving, staying] = [true, false].map((arrives) =>
    item.waiting.filter(({ row }) => (row.datePosted ?? row.date) >= oldest === arrives),
  )
  item.waiting = staying ?? []
  for (const entry of arriving ?? []) {
    const transaction = toReported(item, entry, today)
    record(item, transaction)
    if (entry.moves) moveBalance(accountOf(item, entry.accountId), transaction, 1)
    if (transaction.pending && entry.row.datePosted !== undefined) item.postsOn[transaction.transaction_id] = entry.row.datePosted
  }
  if ((arriving ?? []).length > 0) item.lastUpdateAt = world.now().toISOString()
  return (arriving ?? []).length
}

/** Brings the Item up to the clock: its first downloads, and pending rows whose day to post has come. */
export function advance(world: World, item: Item, forced?: 'initial' | 'historical'): void {
  if (item.removedAt !== null || item.errorCode !== null || !item.products.includes('transactions')) return
  const nowIso = world.now().toISOString()
  if (item.readiness === 'none' && (nowIso >= item.readyAt || forced !== undefined)) {
    item.readiness = 'initial'
    const count = download(world, item)
    notifyUpdates(world, item, 'INITIAL_UPDATE', { new_transactions: count })
  }
  if (item.readiness === 'initial' && (nowIso >= item.historicalAt || forced === 'historical')) {
    item.readiness = 'historical'
    const count = download(world, item)
    notifyUpdates(world, item, 'HISTORICAL_UPDATE', { new_transactions: count })
  }
  const today = dayOf(world.now())
  for (const [transactionId, day] of Object.entries(item.postsOn)) {
    if (day <= today && item.current[transactionId]) postPending(world, item, transactionId, { date: day })
  }
}

/** The bank adds rows. Returns them as Plaid will report them. */
export function sendRows(world: World, item: Item, rows: readonly SentRow[]): PlaidTransaction[] {
  const today = dayOf(world.now())
  const first = item.accounts.find((account) => account.shared)
  const sent = rows.map((row) => {
    const accountId = row.accountId ?? first?.accountId
    if (accountId === undefined) throw new Error(`Item ${item.itemId} shares no account`)
    accountOf(item, accountId)
    const date = row.date ?? today
    const bankRow: BankRow = {
      amount: row.amount,
      description: row.description,
      date,
      ...(row.pending === true ? (row.postsOn === undefined ? {} : { datePosted: row.postsOn }) : { datePosted: date }),
      ...(row.checkNumber === undefined ? {} : { checkNumber: row.checkNumber }),
      ...(row.merchantName === undefined ? {} : { merchantName: row.merchantName }),
      ...(row.currency === undefined ? {} : { currency: row.currency }),
    }
    return { transactionId: newId(world.store.data), accountId, row: bankRow, moves: true }
  })
  item.waiting.push(...sent)
  if (download(world, item) > 0) notifyUpdates(world, item, 'DEFAULT_UPDATE', { new_transactions: sent.length })
  return sent.map((entry) => item.current[entry.transactionId] ?? toReported(item, entry, today))
}

/**
 * A pending row posts: its id goes away and a new one comes with `pending_transaction_id` naming it. Amount, date and name may
 * change on the way; without a new date it posts today.
 */
export function postPending(world: World, item: Item, transactionId: string, changes: RowChanges = {}): PlaidTransaction {
  const posted = bookPosted(world, item, transactionId, changes)
  notifyUpdates(world, item, 'DEFAULT_UPDATE', { new_transactions: 1 })
  notifyRemoved(world, item, [transactionId])
  return posted
}

/** What {@link postPending} does to the books, without telling anybody. */
export function bookPosted(world: World, item: Item, transactionId: string, changes: RowChanges): PlaidTransaction {
  const pending = reported(item, transactionId)
  if (!pending.pending) throw new Error(`${transactionId} has posted already`)
  forget(item, pending)
  const posted = withChanges(pending, { date: dayOf(world.now()), ...changes })
  posted.pending = false
  posted.transaction_id = newId(world.store.data)
  posted.pending_transaction_id = changes.keepPointer === false ? null : transactionId
  record(item, posted)
  moveBalance(accountOf(item, posted.account_id), posted, 1)
  item.lastUpdateAt = world.now().toISOString()
  return posted
}

/** The bank corrects a row; it is reported whole again. */
export function modifyRow(world: World, item: Item, transactionId: string, changes: RowChanges): PlaidTransaction {
  const after = bookChanges(item, transactionId, changes)
  notifyUpdates(world, item, 'DEFAULT_UPDATE', { new_transactions: 0 })
  return after
}

/** What {@link modifyRow} does to the books. */
export function bookChanges(item: Item, transactionId: string, changes: RowChanges): PlaidTransaction {
  const before = reported(item, transactionId)
  const account = accountOf(item, before.account_id)
  const after = withChanges(before, changes)
  moveBalance(account, before, -1)
  moveBalance(account, after, 1)
  record(item, after)
  return after
}

/** The bank takes a row back. */
export function removeRow(world: World, item: Item, transactionId: string): void {
  bookRemoval(item, transactionId)
  notifyUpdates(world, item, 'DEFAULT_UPDATE', { new_transactions: 0 })
  notifyRemoved(world, item, [transactionId])
}

/** What {@link removeRow} does to the books. Returns the row as it was. */
export function bookRemoval(item: Item, transactionId: string): PlaidTransaction {
  const transaction = reported(item, transactionId)
  moveBalance(accountOf(item, transaction.account_id), transaction, -1)
  forget(item, transaction)
  return transaction
}

/** A row of today's download, new or back again, with its effect on the balance. */
export function bookRow(item: Item, transaction: PlaidTransaction): void {
  record(item, transaction)
  moveBalance(accountOf(item, transaction.account_id), transaction, 1)
}

/** The legacy webhook about rows that went away. */
export function notifyRemoved(world: World, item: Item, transactionIds: readonly string[]): void {
  if (item.errorCode !== null || item.removedAt !== null || item.webhook === null) return
  world.webhooks.send(item.webhook, {
    webhook_type: 'TRANSACTIONS',
    webhook_code: 'TRANSACTIONS_REMOVED',
    item_id: item.itemId,
    environment: 'sandbox',
    error: null,
    removed_transactions: transactionIds,
  })
}

/**
 * What can be spent: an account's balance less its pending debits, a card's limit less what is owed and pending. Null where
 * neither can be said.
 */
export function availableOf(item: Item, account: Account): number | null {
  if (account.available.kind === 'none') return null
  if (account.available.kind === 'forced') return fromMinor(account.available.minor, account.currency)
  const heldMinor = Object.values(item.current)
    .filter((row) => row.pending && row.account_id === account.accountId && row.amount > 0)
    .filter((row) => (row.iso_currency_code ?? row.unofficial_currency_code) === account.currency)
    .reduce((total, row) => total + toMinor(row.amount, account.currency), 0)
  if (account.type === 'depository') return fromMinor(account.currentMinor - heldMinor, account.currency)
  if (account.type !== 'credit' || account.limitMinor === null) return null
  return fromMinor(account.limitMinor - account.currentMinor - heldMinor, account.currency)
}
