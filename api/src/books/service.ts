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
import { clientsTable } from '../db/schema/clients.ts'
import { noTokens, openRefreshToken } from './access.ts'
import { type BooksRow, findBooks, needBooks } from './queries.ts'
import { releaseCompany } from './revocations.ts'

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
  await enqueueRefresh(tx, ctx, booksId)
}

/** Has lists read that were asked for. */
export async function enqueueRefresh(tx: Tx, ctx: Ctx, booksId: string): Promise<void> {
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
    const { id } = await needBooks(tx, ctx, clientId)
    // Before the books: whoever makes entries keeps the client, and with it the company they are for
    await tx
      .select({ id: clientsTable.id })
      .from(clientsTable)
      .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId)))
      .for('update')
    const here = and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.id, id), ne(booksTable.state, 'disconnected'))
    // Held, so that the token that is given back is the newest
    const [books] = await tx.select().from(booksTable).where(here).for('update')
    // Somebody else did it at the same moment; the company may already be another client's
    if (books === undefined) throw new AppError('conflict', 'QuickBooks was disconnected by somebody else.')
    const refreshToken = await openRefreshToken(tx, ctx, books)
    await tx
      .update(booksTable)
      .set({ state: 'disconnected', ...noTokens })
      .where(here)
    await releaseKey(tx, 'realm', books.realmId)
    if (refreshToken !== null) await releaseCompany(tx, ctx, { realmId: books.realmId, refreshToken })
    await recordAudit(tx, ctx, 'books.disconnected', { id: books.id, clientId, details: { companyName: books.companyName } })
    for (const topic of ['books', 'clients', 'transactions', 'pushes'] as const) await publish(tx, ctx, topic, clientId)
  })
}

/** Gives back the access to every company of a client. Its books go with it. */
export async function releaseAllCompanies(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  const b = booksTable
  const companies = await tx
    .select()
    .from(b)
    .where(and(eq(b.firmId, ctx.firmId), eq(b.clientId, clientId)))
    .orderBy(b.id)
    .for('update')
  for (const books of companies) {
    const refreshToken = await openRefreshToken(tx, ctx, books)
    if (refreshToken !== null) await releaseCompany(tx, ctx, { realmId: books.realmId, refreshToken })
  }
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
