import { and, eq, type SQL, sql } from 'drizzle-orm'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { AppError, ProviderError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import type { CompanyAccess, ProviderBooksAccount, ProviderVendor } from '../providers/quickbooks/types.ts'
import { companyAccess, refreshAccess } from './access.ts'

interface BooksJob {
  firmId: string
  booksId: string
}

const rowsAtOnce = 1_000

/** Job: reads the chart of accounts and the vendors and keeps them. What QuickBooks no longer lists becomes inactive. */
export async function refreshBooksLists(deps: Deps, { firmId, booksId }: BooksJob): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'refresh_books')
  try {
    const access = await companyAccess(ctx, booksId)
    const lists = await readLists(ctx, access).catch(async (error: unknown) => {
      if (!(error instanceof ProviderError) || error.code !== 'unauthorized') throw error
      return readLists(ctx, await refreshAccess(ctx, booksId, access.accessToken))
    })
    deps.reached('lists.read')
    await withFirm(ctx, (tx) => saveLists(tx, ctx, booksId, lists))
  } catch (error) {
    // Reconnecting asks for the lists again
    if (error instanceof AppError && error.code === 'books_not_connected') return
    throw error
  }
}

interface Lists {
  accounts: ProviderBooksAccount[]
  vendors: ProviderVendor[]
}

async function readLists(ctx: Ctx, access: CompanyAccess): Promise<Lists> {
  return { accounts: await ctx.deps.quickbooks.accounts(access), vendors: await ctx.deps.quickbooks.vendors(access) }
}

async function saveLists(tx: Tx, ctx: Ctx, booksId: string, { accounts, vendors }: Lists): Promise<void> {
  const { firmId } = ctx
  const [books] = await tx
    .select()
    .from(booksTable)
    .where(and(eq(booksTable.firmId, firmId), eq(booksTable.id, booksId)))
    .for('update')
  if (books === undefined || books.state === 'disconnected') return
  for (let from = 0; from < accounts.length; from += rowsAtOnce) {
    const a = booksAccountsTable
    const values = accounts.slice(from, from + rowsAtOnce).map((account) => ({ firmId, id: newId(), booksId, ...account }))
    const set = {
      name: sql`excluded.name`,
      number: sql`excluded.number`,
      type: sql`excluded.type`,
      subtype: sql`excluded.subtype`,
      classification: sql`excluded.classification`,
      currency: sql`excluded.currency`,
      active: sql`excluded.active`,
    }
    await tx
      .insert(a)
      .values(values)
      .onConflictDoUpdate({ target: [a.firmId, a.booksId, a.providerId], set })
  }
  for (let from = 0; from < vendors.length; from += rowsAtOnce) {
    const v = booksVendorsTable
    const values = vendors.slice(from, from + rowsAtOnce).map((vendor) => ({ firmId, id: newId(), booksId, ...vendor }))
    await tx
      .insert(v)
      .values(values)
      .onConflictDoUpdate({ target: [v.firmId, v.booksId, v.providerId], set: { name: sql`excluded.name`, active: sql`excluded.active` } })
  }
  await retireAbsent(tx, ctx, booksId, { accounts, vendors })
  await tx
    .update(booksTable)
    .set({ refreshedAt: ctx.deps.now() })
    .where(and(eq(booksTable.firmId, firmId), eq(booksTable.id, booksId)))
  await publish(tx, ctx, 'books', books.clientId)
  await publish(tx, ctx, 'transactions', books.clientId)
}

async function retireAbsent(tx: Tx, ctx: Ctx, booksId: string, { accounts, vendors }: Lists): Promise<void> {
  const [a, v] = [booksAccountsTable, booksVendorsTable]
  // One parameter however long the list is
  const listed = (rows: { providerId: string }[]): SQL =>
    sql`(select jsonb_array_elements_text(${JSON.stringify(rows.map(({ providerId }) => providerId))}::jsonb))`
  await tx
    .update(a)
    .set({ active: false })
    .where(and(eq(a.firmId, ctx.firmId), eq(a.booksId, booksId), sql`${a.providerId} not in ${listed(accounts)}`, eq(a.active, true)))
  await tx
    .update(v)
    .set({ active: false })
    .where(and(eq(v.firmId, ctx.firmId), eq(v.booksId, booksId), sql`${v.providerId} not in ${listed(vendors)}`, eq(v.active, true)))
}
