import { and, eq, inArray, isNull, ne, sql } from 'drizzle-orm'
import type { RowOutcomes } from '@ledgersync/shared/review'
import { keepClients } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import { bankAccountsTable } from '../db/schema/banks.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import { pushesTable, transactionsTable } from '../db/schema/ledger.ts'
import { lockTransactions } from '../transactions/locks.ts'
import { blockerReason } from '../transactions/words.ts'
import { selectTransactions, type TransactionRow } from '../transactions/view.ts'
import { entryFor } from './entry.ts'

const t = transactionsTable
export type NewPush = typeof pushesTable.$inferInsert
const rowsAtOnce = 1_000

/**
 * Locks rows and what their entries are made from, and reads them as lists show them: what is judged here is what is posted.
 * Clients first, then bank accounts, then rows.
 */
export async function lockRows(tx: Tx, ctx: Ctx, ids: string[]): Promise<TransactionRow[]> {
  const all = sql`${sql.param(ids)}::uuid[]`
  await keepClients(tx, ctx, sql`(select t.client_id from transactions t where t.firm_id = ${ctx.firmId} and t.id = any (${all}))`)
  await tx.execute(sql`
    select a.id from bank_accounts a
    where a.firm_id = ${ctx.firmId} and a.id in (select t.bank_account_id from transactions t where t.firm_id = ${ctx.firmId} and t.id = any (${all}))
    order by a.id for share`)
  await lockTransactions(tx, ctx, ids)
  const rows: TransactionRow[] = []
  for (let from = 0; from < ids.length; from += rowsAtOnce)
    rows.push(...(await selectTransactions(tx, ctx, { where: inArray(t.id, ids.slice(from, from + rowsAtOnce)) })))
  return rows
}

/** Why a row cannot be pushed now; null when it can. */
function whyNotPush({ row, blockers, bucket }: TransactionRow): string | null {
  if (row.stage === 'pushing' || row.stage === 'pushed') return 'This is in QuickBooks already, or on its way.'
  if (row.stage !== 'approved') return 'This is not approved.'
  if (bucket === 'needs_review') return 'Choose a category first.'
  const [blocker] = blockers
  return blocker === undefined ? null : blockerReason(blocker)
}

/** The books of each client that has some, by client. */
async function booksOf(tx: Tx, ctx: Ctx, clientIds: string[]): Promise<Map<string, string>> {
  const rows = await tx
    .select({ id: booksTable.id, clientId: booksTable.clientId })
    .from(booksTable)
    .where(and(eq(booksTable.firmId, ctx.firmId), inArray(booksTable.clientId, clientIds), ne(booksTable.state, 'disconnected')))
  return new Map(rows.map(({ id, clientId }) => [clientId, id]))
}

/**
 * Writes the intent of each row: its push with the entry as it will be sent, and the row's stage. Rows must be locked and
 * pushable. `batchIdOf` names the batch of a client. Failed pushes of the same rows give way to the new ones.
 */
export async function insertPushes(tx: Tx, ctx: Ctx, rows: TransactionRow[], batchIdOf: (clientId: string) => string): Promise<NewPush[]> {
  if (rows.length === 0) return []
  const { firmId } = ctx
  const now = ctx.deps.now()
  const clientIds = [...new Set(rows.map(({ row }) => row.clientId))]
  const books = await booksOf(tx, ctx, clientIds)
  const booksIds = [...books.values()]
  const accounts = await tx
    .select()
    .from(booksAccountsTable)
    .where(and(eq(booksAccountsTable.firmId, firmId), inArray(booksAccountsTable.booksId, booksIds)))
  const vendors = await tx
    .select()
    .from(booksVendorsTable)
    .where(and(eq(booksVendorsTable.firmId, firmId), inArray(booksVendorsTable.booksId, booksIds)))
  const banks = await tx
    .select()
    .from(bankAccountsTable)
    .where(and(eq(bankAccountsTable.firmId, firmId), inArray(bankAccountsTable.clientId, clientIds)))
  const providerIds = new Map([...accounts, ...vendors].map(({ id, providerId }) => [id, providerId]))
  const bankById = new Map(banks.map((bank) => [bank.id, bank]))
  const must = <T>(value: T | undefined | null, what: string): T => {
    if (value === undefined || value === null) throw new Error(`A pushable row has no ${what}`)
    return value
  }
  const pushes = rows.map(({ row, targetId }): NewPush => {
    const bank = must(bankById.get(row.bankAccountId), 'bank account')
    if (bank.kind === 'other') throw new Error('A pushable row is on a bank account or a card')
    const entry = entryFor({
      ...row,
      accountKind: bank.kind,
      accountProviderId: must(providerIds.get(bank.booksAccountId ?? ''), 'account in the books'),
      targetProviderId: must(providerIds.get(targetId ?? ''), 'category in the books'),
      vendorProviderId: row.vendorId === null ? null : must(providerIds.get(row.vendorId), 'vendor in the books'),
    })
    const { id: transactionId, clientId, amountMinor, currency } = row
    return {
      firmId,
      id: newId(),
      batchId: batchIdOf(clientId),
      clientId,
      booksId: must(books.get(clientId), 'books'),
      transactionId,
      kind: entry.kind,
      entry,
      amountMinor,
      currency,
      state: 'queued',
      createdAt: now,
    }
  })
  for (let from = 0; from < pushes.length; from += rowsAtOnce) {
    const part = pushes.slice(from, from + rowsAtOnce)
    const ids = part.map(({ transactionId }) => transactionId)
    const p = pushesTable
    await tx
      .update(p)
      .set({ replacedAt: now })
      .where(and(eq(p.firmId, firmId), inArray(p.transactionId, ids), eq(p.state, 'failed'), isNull(p.replacedAt)))
    await tx.insert(p).values(part)
    await tx
      .update(t)
      .set({ stage: 'pushing', updatedAt: now })
      .where(and(eq(t.firmId, firmId), inArray(t.id, ids)))
  }
  return pushes
}

/** Sorts locked rows into those that can be pushed and the reasons of the others; unknown ids are refused without a hint. */
export function sortOut(ids: string[], rows: TransactionRow[]): { pushable: TransactionRow[]; refused: RowOutcomes['refused'] } {
  const known = new Set(rows.map(({ row }) => row.id))
  const refused = ids
    .filter((id) => !known.has(id))
    .map((transactionId) => ({ transactionId, reason: 'This transaction does not exist, or you have no access to it.' }))
  const pushable: TransactionRow[] = []
  for (const found of rows) {
    const reason = whyNotPush(found)
    if (reason === null) pushable.push(found)
    else refused.push({ transactionId: found.row.id, reason })
  }
  return { pushable, refused }
}
