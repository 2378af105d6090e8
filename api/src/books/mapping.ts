import { and, asc, eq, sql } from 'drizzle-orm'
import type { Mapping } from '@ledgersync/shared/books'
import type { PostingMode } from '@ledgersync/shared/connections'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { invalidField, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { bankAccountsTable, connectionsTable } from '../db/schema/banks.ts'
import { booksAccountsTable } from '../db/schema/books.ts'
import { categoriesTable, categoryMappingsTable, transactionsTable } from '../db/schema/ledger.ts'
import { findBooks, needBooks } from './queries.ts'

type AccountRow = typeof booksAccountsTable.$inferSelect

/** Sorts of accounts that hold money or debts of their own: no expense or income goes straight to them by category. */
const notForCategories = new Set(['Bank', 'Credit Card', 'Accounts Receivable', 'Accounts Payable'])

/** The client's mapping, with how many rows in review wait for each missing piece. */
export async function getMapping(ctx: StaffCtx, clientId: string): Promise<Mapping> {
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      return readMapping(tx, ctx, clientId)
    },
    'read',
  )
}

async function readMapping(tx: Tx, ctx: Ctx, clientId: string): Promise<Mapping> {
  const { firmId } = ctx
  const [a, t] = [bankAccountsTable, transactionsTable]
  const waiting = and(eq(t.firmId, firmId), eq(t.clientId, clientId), sql`${t.stage} in ('open', 'approved', 'failed')`)
  const byAccount = tx
    .select({ id: t.bankAccountId, rows: sql<number>`count(*)::int`.as('rows') })
    .from(t)
    .where(waiting)
    .groupBy(t.bankAccountId)
    .as('by_account')
  const byCategory = tx
    .select({ id: t.categoryId, rows: sql<number>`count(*)::int`.as('rows') })
    .from(t)
    .where(waiting)
    .groupBy(t.categoryId)
    .as('by_category')
  // What is mapped into a company that was replaced, or to an account that went inactive, takes no rows
  const booksId = (await findBooks(tx, ctx, clientId))?.id ?? null
  const target = booksAccountsTable
  const inBooks = and(eq(target.firmId, firmId), booksId === null ? sql`false` : eq(target.booksId, booksId))
  const accounts = await tx
    .select({
      account: a,
      institutionName: connectionsTable.institutionName,
      rows: byAccount.rows,
      targetId: target.id,
      isUsable: target.active,
    })
    .from(a)
    .innerJoin(connectionsTable, and(eq(connectionsTable.firmId, a.firmId), eq(connectionsTable.id, a.connectionId)))
    .leftJoin(byAccount, eq(byAccount.id, a.id))
    .leftJoin(target, and(inBooks, eq(target.id, a.booksAccountId)))
    .where(and(eq(a.firmId, firmId), eq(a.clientId, clientId)))
    .orderBy(asc(connectionsTable.institutionName), asc(a.createdAt), asc(a.id))
  const [c, m] = [categoriesTable, categoryMappingsTable]
  const categories = await tx
    .select({ categoryId: c.id, name: c.name, booksAccountId: target.id, rows: byCategory.rows, isUsable: target.active })
    .from(c)
    .leftJoin(m, and(eq(m.firmId, c.firmId), eq(m.categoryId, c.id), eq(m.clientId, clientId)))
    .leftJoin(target, and(inBooks, eq(target.id, m.booksAccountId)))
    .leftJoin(byCategory, eq(byCategory.id, c.id))
    .where(eq(c.firmId, firmId))
    .orderBy(asc(sql`lower(${c.name})`), asc(c.id))
  return {
    accounts: accounts.map(({ account, institutionName, rows, targetId: booksAccountId, isUsable }) => {
      const { id: bankAccountId, name, mask, kind, currency, mode } = account
      return {
        bankAccountId,
        institutionName,
        name,
        mask,
        kind,
        currency,
        booksAccountId,
        mode,
        blocked: isUsable === true ? 0 : (rows ?? 0),
      }
    }),
    categories: categories.map(({ rows, isUsable, ...row }) => ({ ...row, blocked: isUsable === true ? 0 : (rows ?? 0) })),
  }
}

async function needAccount(tx: Tx, ctx: Ctx, clientId: string, booksAccountId: string): Promise<AccountRow> {
  const books = await needBooks(tx, ctx, clientId)
  const a = booksAccountsTable
  const [account] = await tx
    .select()
    .from(a)
    .where(and(eq(a.firmId, ctx.firmId), eq(a.booksId, books.id), eq(a.id, booksAccountId)))
  if (account === undefined) throw invalidField('body.booksAccountId', 'This account is not in the client’s books.')
  if (!account.active) throw invalidField('body.booksAccountId', 'This account is inactive in QuickBooks.')
  return account
}

const typeOf = { bank: 'Bank', card: 'Credit Card' } as const

/** Maps a bank account to an account of the same sort and currency that no other bank account of the client uses; null unmaps. */
export async function mapBankAccount(
  ctx: StaffCtx,
  { clientId, bankAccountId }: { clientId: string; bankAccountId: string },
  input: { booksAccountId: string | null; mode: PostingMode },
): Promise<Mapping> {
  return withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const a = bankAccountsTable
    const ofClient = and(eq(a.firmId, ctx.firmId), eq(a.clientId, clientId))
    // All of the client's, so that two requests cannot give one account to two
    const accounts = await tx.select().from(a).where(ofClient).orderBy(asc(a.id)).for('update')
    const before = accounts.find(({ id }) => id === bankAccountId)
    if (before === undefined) throw notFound('bank account')
    const { booksAccountId } = input
    if (booksAccountId !== null) {
      const target = await needAccount(tx, ctx, clientId, booksAccountId)
      if (before.kind === 'other') throw invalidField('body.booksAccountId', 'Loans and investments are not posted from here.')
      if (target.type !== typeOf[before.kind])
        throw invalidField('body.booksAccountId', `Choose a QuickBooks account of type ${typeOf[before.kind]}.`)
      if (target.currency !== before.currency)
        throw invalidField('body.booksAccountId', `This account is kept in ${target.currency}, the bank account in ${before.currency}.`)
      const other = accounts.find((each) => each.id !== bankAccountId && each.booksAccountId === booksAccountId)
      if (other !== undefined) throw invalidField('body.booksAccountId', `${other.name} is mapped to this account already.`)
    }
    await tx
      .update(a)
      .set(input)
      .where(and(ofClient, eq(a.id, bankAccountId)))
    await recordAudit(tx, ctx, 'mapping.account_changed', {
      id: bankAccountId,
      clientId,
      details: { before: { booksAccountId: before.booksAccountId, mode: before.mode }, after: input },
    })
    await announce(tx, ctx, clientId)
    return readMapping(tx, ctx, clientId)
  })
}

/** Says which account of this client a category of the firm means; null forgets it. */
export async function mapCategory(
  ctx: StaffCtx,
  { clientId, categoryId }: { clientId: string; categoryId: string },
  booksAccountId: string | null,
): Promise<Mapping> {
  return withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const known = await tx.$count(categoriesTable, and(eq(categoriesTable.firmId, ctx.firmId), eq(categoriesTable.id, categoryId)))
    if (known === 0) throw notFound('category')
    const m = categoryMappingsTable
    if (booksAccountId === null)
      await tx.delete(m).where(and(eq(m.firmId, ctx.firmId), eq(m.clientId, clientId), eq(m.categoryId, categoryId)))
    else {
      const account = await needAccount(tx, ctx, clientId, booksAccountId)
      if (notForCategories.has(account.type))
        throw invalidField('body.booksAccountId', `A category cannot mean an account of type ${account.type}.`)
      await tx
        .insert(m)
        .values({ firmId: ctx.firmId, clientId, categoryId, booksAccountId })
        .onConflictDoUpdate({ target: [m.firmId, m.clientId, m.categoryId], set: { booksAccountId } })
    }
    await recordAudit(tx, ctx, 'mapping.category_changed', { id: categoryId, clientId, details: { after: { booksAccountId } } })
    await announce(tx, ctx, clientId)
    return readMapping(tx, ctx, clientId)
  })
}

async function announce(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  for (const topic of ['books', 'connections', 'transactions'] as const) await publish(tx, ctx, topic, clientId)
}
