import { and, asc, eq, inArray, isNull, ne, or, type SQL } from 'drizzle-orm'
import type { Actions } from '@ledgersync/shared/rules'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import { categoriesTable, rulesTable, transactionsTable } from '../db/schema/ledger.ts'
import type { RowCoding, Usable } from './coding.ts'
import type { RowToMatch, RuleToRun } from './match.ts'

const t = transactionsTable

/** The rules that run for a client, its own and the firm's, inactive ones included. */
export async function rulesFor(tx: Tx, ctx: Ctx, clientId: string): Promise<RuleToRun[]> {
  return tx
    .select()
    .from(rulesTable)
    .where(
      and(
        eq(rulesTable.firmId, ctx.firmId),
        or(eq(rulesTable.clientId, clientId), isNull(rulesTable.clientId)),
        isNull(rulesTable.deletedAt),
      ),
    )
    .orderBy(asc(rulesTable.priority))
}

const present = (values: (string | null | undefined)[]): string[] => [...new Set(values.filter((value) => typeof value === 'string'))]

/**
 * What of these rules' actions a row of this client can take: vendors and accounts of its current books, categories of the firm.
 * A client that changed to another company keeps its rules; what they name of the old company is passed over.
 */
export async function usableActions(tx: Tx, ctx: Ctx, clientId: string, rules: readonly { actions: Actions }[]): Promise<Usable> {
  const { firmId } = ctx
  const wanted = rules.map(({ actions }) => actions)
  const ofBooks = and(eq(booksTable.firmId, firmId), eq(booksTable.clientId, clientId), ne(booksTable.state, 'disconnected'))
  const vendors = await tx
    .select({ id: booksVendorsTable.id })
    .from(booksVendorsTable)
    .innerJoin(booksTable, and(ofBooks, eq(booksTable.id, booksVendorsTable.booksId)))
    .where(and(eq(booksVendorsTable.firmId, firmId), inArray(booksVendorsTable.id, present(wanted.map((actions) => actions.vendorId)))))
  const accounts = await tx
    .select({ id: booksAccountsTable.id })
    .from(booksAccountsTable)
    .innerJoin(booksTable, and(ofBooks, eq(booksTable.id, booksAccountsTable.booksId)))
    .where(
      and(eq(booksAccountsTable.firmId, firmId), inArray(booksAccountsTable.id, present(wanted.map((actions) => actions.booksAccountId)))),
    )
  const categories = await tx
    .select({ id: categoriesTable.id })
    .from(categoriesTable)
    .where(and(eq(categoriesTable.firmId, firmId), inArray(categoriesTable.id, present(wanted.map((actions) => actions.categoryId)))))
  const known = new Set([...vendors, ...accounts, ...categories].map(({ id }) => id))
  const keep = (id: string | null | undefined): string | null => (typeof id === 'string' && known.has(id) ? id : null)
  return ({ vendorId, categoryId, booksAccountId, memo }) => ({
    vendorId: keep(vendorId),
    categoryId: keep(categoryId),
    booksAccountId: keep(booksAccountId),
    memo: memo ?? null,
  })
}

/** What the rules look at and what they set. */
const codedColumns = {
  id: t.id,
  date: t.date,
  stage: t.stage,
  currency: t.currency,
  description: t.description,
  payee: t.payee,
  bankCategory: t.bankCategory,
  checkNumber: t.checkNumber,
  amountMinor: t.amountMinor,
  bankAccountId: t.bankAccountId,
  vendorId: t.vendorId,
  vendorBy: t.vendorBy,
  categoryId: t.categoryId,
  booksAccountId: t.booksAccountId,
  categoryBy: t.categoryBy,
  memo: t.memo,
  memoBy: t.memoBy,
  ruleId: t.ruleId,
  why: t.why,
}

export interface CodedRow extends RowToMatch, RowCoding {
  id: string
  /** YYYY-MM-DD */
  date: string
  stage: typeof transactionsTable.$inferSelect.stage
  currency: string
}

/** Everybody who locks several transactions does it in this order, so that nobody waits in a circle. */
const lockOrder = [asc(t.date), asc(t.id)]

/**
 * Rows of a client in lock order. `lock` holds them against other writers; `skip` passes over those that others hold.
 */
export async function selectCodedRows(
  tx: Tx,
  ctx: Ctx,
  query: { clientId: string; where: SQL | undefined; limit: number; lock: 'none' | 'wait' | 'skip' },
): Promise<CodedRow[]> {
  const selected = tx
    .select(codedColumns)
    .from(t)
    .where(and(eq(t.firmId, ctx.firmId), eq(t.clientId, query.clientId), query.where))
    .orderBy(...lockOrder)
    .limit(query.limit)
  if (query.lock === 'none') return selected
  return query.lock === 'wait' ? selected.for('no key update') : selected.for('no key update', { skipLocked: true })
}
