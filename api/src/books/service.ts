import { and, asc, eq, ne, sql } from 'drizzle-orm'
import type { Books, BooksAccount, Vendor } from '@ledgersync/shared/books'
import { getVisibleClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { AppError } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { releaseKey } from '../db/global.ts'
import { booksAccountsTable, booksTable, booksVendorsTable } from '../db/schema/books.ts'
import { type BooksRow, findBooks, needBooks } from './queries.ts'

/** A request to read the lists that has not been answered for this long is not shown as running. */
const refreshingMs = 5 * 60_000

function toBooks(ctx: Ctx, row: BooksRow): Books {
  const { refreshRequestedAt: asked, refreshedAt: done } = row
  const waiting =
    row.state === 'connected' &&
    asked !== null &&
    (done === null || done < asked) &&
    ctx.deps.now().getTime() - asked.getTime() < refreshingMs
  return {
    state: row.state === 'connected' ? 'connected' : 'reconnect',
    companyName: row.companyName,
    homeCurrency: row.homeCurrency,
    connectedAt: row.connectedAt.toISOString(),
    refreshedAt: done?.toISOString() ?? null,
    refreshing: waiting,
    url: ctx.deps.quickbooks.companyUrl(row.realmId),
  }
}

/** The client's link to QuickBooks, or null when there is none. */
export async function getBooks(ctx: StaffCtx, clientId: string): Promise<{ books: Books | null }> {
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      const row = await findBooks(tx, ctx, clientId)
      return { books: row === null ? null : toBooks(ctx, row) }
    },
    'read',
  )
}

/** Has accounts and vendors read again, in the background. */
export async function requestRefresh(tx: Tx, ctx: Ctx, booksId: string): Promise<void> {
  await tx
    .update(booksTable)
    .set({ refreshRequestedAt: ctx.deps.now() })
    .where(and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.id, booksId)))
  await enqueue(tx, 'refresh_books', { firmId: ctx.firmId, booksId }, { key: `refresh_books:${booksId}`, queue: `books:${booksId}` })
}

/** {@link requestRefresh}, asked for by a person. Throws `books_not_connected` also when a reconnect is due. */
export async function refreshBooks(ctx: StaffCtx, clientId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const books = await needBooks(tx, ctx, clientId)
    if (books.state !== 'connected')
      throw new AppError('books_not_connected', 'QuickBooks has ended the access to this company. Reconnect it.')
    await requestRefresh(tx, ctx, books.id)
    await publish(tx, ctx, 'books', clientId)
  })
}

/**
 * Ends the link: nothing is pushed from now on, the company may be connected elsewhere, and a job gives the access back to
 * Intuit. Mappings stay for a reconnect to the same company.
 */
export async function disconnectBooks(ctx: StaffCtx, clientId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await getVisibleClient(tx, ctx, clientId)
    const books = await needBooks(tx, ctx, clientId)
    const ended = await tx
      .update(booksTable)
      .set({ state: 'disconnected', tokenLeaseUntil: null })
      .where(and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.id, books.id), ne(booksTable.state, 'disconnected')))
      .returning({ id: booksTable.id })
    // Somebody else did it at the same moment; the company may already be another client's
    if (ended.length === 0) throw new AppError('conflict', 'QuickBooks was disconnected by somebody else.')
    await releaseKey(tx, 'realm', books.realmId)
    await enqueue(
      tx,
      'revoke_books',
      { firmId: ctx.firmId, booksId: books.id },
      { key: `revoke_books:${books.id}`, queue: `books:${books.id}` },
    )
    await recordAudit(tx, ctx, 'books.disconnected', { id: books.id, clientId, details: { companyName: books.companyName } })
    for (const topic of ['books', 'clients', 'transactions', 'pushes'] as const) await publish(tx, ctx, topic, clientId)
  })
}

/** The client's chart of accounts, by name; empty without books. */
export async function listAccounts(ctx: StaffCtx, clientId: string): Promise<BooksAccount[]> {
  const a = booksAccountsTable
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      const books = await findBooks(tx, ctx, clientId)
      if (books === null) return []
      return tx
        .select({
          id: a.id,
          name: a.name,
          number: a.number,
          type: a.type,
          classification: a.classification,
          currency: a.currency,
          active: a.active,
        })
        .from(a)
        .where(and(eq(a.firmId, ctx.firmId), eq(a.booksId, books.id)))
        .orderBy(asc(sql`lower(${a.name})`), asc(a.id))
    },
    'read',
  )
}

/** The client's vendors, by name; empty without books. */
export async function listVendors(ctx: StaffCtx, clientId: string): Promise<Vendor[]> {
  const v = booksVendorsTable
  return withFirm(
    ctx,
    async (tx) => {
      await getVisibleClient(tx, ctx, clientId)
      const books = await findBooks(tx, ctx, clientId)
      if (books === null) return []
      return tx
        .select({ id: v.id, name: v.name, active: v.active })
        .from(v)
        .where(and(eq(v.firmId, ctx.firmId), eq(v.booksId, books.id)))
        .orderBy(asc(sql`lower(${v.name})`), asc(v.id))
    },
    'read',
  )
}
