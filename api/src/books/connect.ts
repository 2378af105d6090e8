import { and, eq, ne } from 'drizzle-orm'
import type { Input } from '@ledgersync/shared/endpoint'
import type { books } from '@ledgersync/shared/books'
import { getUnlockedClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, Deps, StaffCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { ProviderError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { claimKey } from '../db/global.ts'
import { booksTable } from '../db/schema/books.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { pushBatchesTable } from '../db/schema/ledger.ts'
import type { BooksTokens } from '../providers/quickbooks/types.ts'
import { sealTokens } from './access.ts'
import { requestRefresh } from './service.ts'
import { makeState, readState } from './state.ts'

/** The address of Intuit's consent page for this client. */
export async function authorizeBooks(ctx: StaffCtx, clientId: string): Promise<{ url: string }> {
  await withFirm(ctx, (tx) => getUnlockedClient(tx, ctx, clientId), 'read')
  return { url: ctx.deps.quickbooks.authorizeUrl(makeState(ctx, clientId)) }
}

/**
 * What the client's page says after the return: connected, refused by the person, taken by another client, another company than
 * before, or too late for Intuit's code.
 */
type Result = 'connected' | 'refused' | 'taken' | 'other' | 'stale'

/** Intuit's ids of companies are numbers. The id becomes part of addresses, so nothing else is let through. */
const realmPattern = /^\d{1,32}$/

/**
 * Finishes the visit to Intuit and answers where the browser goes next. A state of another session, or an old one, connects
 * nothing, and neither does a browser without a session (`ctx` null). A company belongs to one client of the whole installation.
 */
export async function finishConnection(deps: Deps, ctx: StaffCtx | null, query: Input<typeof books.callback>['query']): Promise<string> {
  const clientId = ctx === null ? null : readState(ctx, query.state)
  if (ctx === null || clientId === null) return `${deps.publicUrl}/clients?books=stale`
  const back = (result: Result): string => `${ctx.deps.publicUrl}/clients/${clientId}/mapping?books=${result}`
  await withFirm(ctx, (tx) => getUnlockedClient(tx, ctx, clientId), 'read')
  const { code, realmId } = query
  if (query.error !== undefined || code === undefined || realmId === undefined || !realmPattern.test(realmId)) return back('refused')
  const tokens = await exchange(ctx, code)
  if (tokens === null) return back('stale')
  const company = await ctx.deps.quickbooks.company({ realmId, accessToken: tokens.accessToken })
  return back(await withFirm(ctx, (tx) => saveConnection(tx, ctx, { clientId, realmId, tokens, company })))
}

/** The tokens of a code; null when Intuit takes it no more: used before, or older than ten minutes. */
async function exchange(ctx: StaffCtx, code: string): Promise<BooksTokens | null> {
  try {
    return await ctx.deps.quickbooks.exchangeCode(code)
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'invalid_grant') return null
    throw error
  }
}

interface Connection {
  clientId: string
  realmId: string
  tokens: BooksTokens
  company: { name: string; homeCurrency: string }
}

async function saveConnection(tx: Tx, ctx: StaffCtx, { clientId, realmId, tokens, company }: Connection): Promise<Result> {
  const { firmId } = ctx
  await getUnlockedClient(tx, ctx, clientId)
  // Two visits that end at once go one after the other
  await tx
    .select({ id: clientsTable.id })
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, firmId), eq(clientsTable.id, clientId)))
    .for('update')
  const ofClient = and(eq(booksTable.firmId, firmId), eq(booksTable.clientId, clientId))
  const current = await tx
    .select()
    .from(booksTable)
    .where(and(ofClient, ne(booksTable.state, 'disconnected')))
    .for('update')
  if (current.some((row) => row.realmId !== realmId)) return 'other'
  const [known] = await tx
    .select()
    .from(booksTable)
    .where(and(ofClient, eq(booksTable.realmId, realmId)))
    .for('update')
  const id = known?.id ?? newId()
  if (!(await claimKey(tx, 'realm', realmId, { firmId, rowId: id }))) return 'taken'
  const now = ctx.deps.now()
  const fields = {
    companyName: company.name,
    homeCurrency: company.homeCurrency,
    state: 'connected' as const,
    connectedAt: now,
    ...(await sealTokens(tx, ctx, id, tokens)),
  }
  if (known === undefined)
    await tx.insert(booksTable).values({ firmId, id, clientId, realmId, refreshedAt: null, refreshRequestedAt: null, ...fields })
  else
    await tx
      .update(booksTable)
      .set(fields)
      .where(and(eq(booksTable.firmId, firmId), eq(booksTable.id, id)))
  await requestRefresh(tx, ctx, id)
  await wakeWaitingPushes(tx, ctx, id)
  await recordAudit(tx, ctx, known === undefined ? 'books.connected' : 'books.reconnected', {
    id,
    clientId,
    details: { companyName: company.name, realmId },
  })
  for (const topic of ['books', 'clients', 'transactions', 'pushes'] as const) await publish(tx, ctx, topic, clientId)
  return 'connected'
}

/** Entries that waited for the connection go on; by the job's name, for pushes stand above books. */
async function wakeWaitingPushes(tx: Tx, ctx: Ctx, booksId: string): Promise<void> {
  const waiting = await tx.$count(pushBatchesTable, and(eq(pushBatchesTable.firmId, ctx.firmId), eq(pushBatchesTable.booksId, booksId)))
  if (waiting > 0)
    await enqueue(tx, 'push_books', { firmId: ctx.firmId, booksId }, { key: `push_books:${booksId}`, queue: `push:${booksId}` })
}
