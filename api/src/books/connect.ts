import { and, eq, ne } from 'drizzle-orm'
import type { Input } from '@ledgersync/shared/endpoint'
import type { books } from '@ledgersync/shared/books'
import { getUnlockedClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, Deps, StaffCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { AppError, ProviderError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { claimKey } from '../db/global.ts'
import { booksTable } from '../db/schema/books.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { pushBatchesTable } from '../db/schema/ledger.ts'
import type { BooksTokens } from '../providers/quickbooks/types.ts'
import { sealTokens } from './access.ts'
import { releaseCompany } from './revocations.ts'
import { requestRefresh } from './service.ts'
import { makeState, readState } from './state.ts'

/** The address of Intuit's consent page for this client. */
export async function authorizeBooks(ctx: StaffCtx, clientId: string): Promise<{ url: string }> {
  await withFirm(ctx, (tx) => getUnlockedClient(tx, ctx, clientId), 'read')
  return { url: ctx.deps.quickbooks.authorizeUrl(makeState(ctx, clientId)) }
}

/**
 * What the client's page says after the return: connected; refused by the person; taken by another client; another company than
 * before; stale: too late for Intuit's code; locked: the client was, meanwhile; unavailable: Intuit did not answer.
 */
type Result = 'connected' | 'refused' | 'taken' | 'other' | 'stale' | 'locked' | 'unavailable'

/** Intuit's ids of companies are numbers. The id becomes part of addresses, so nothing else is let through. */
const realmPattern = /^\d{1,32}$/

/**
 * Finishes the visit to Intuit and answers where the browser goes next: always to a page, for a person is waiting there. A state
 * of another session, or an old one, connects nothing, and neither does a browser without a session (`ctx` null).
 */
export async function finishConnection(deps: Deps, ctx: StaffCtx | null, query: Input<typeof books.callback>['query']): Promise<string> {
  const stale = `${deps.publicUrl}/clients?books=stale`
  const clientId = ctx === null ? null : readState(ctx, query.state)
  if (ctx === null || clientId === null) return stale
  const back = (result: Result): string => `${deps.publicUrl}/clients/${clientId}/mapping?books=${result}`
  try {
    return back(await connect(ctx, clientId, query))
  } catch (error) {
    if (error instanceof AppError && error.code === 'client_locked') return back('locked')
    if (error instanceof AppError && error.code === 'not_found') return stale
    if (!(error instanceof ProviderError)) throw error
    // Intuit takes a code once, and for ten minutes
    if (error.code === 'invalid_grant') return back('stale')
    const { operation, status, code, requestId } = error
    deps.log.warn({ operation, status, code, providerRequestId: requestId }, 'a company could not be connected')
    return back('unavailable')
  }
}

/** A company belongs to one client of the whole installation. Throws what the provider and the client's state throw. */
async function connect(ctx: StaffCtx, clientId: string, query: Input<typeof books.callback>['query']): Promise<Result> {
  await withFirm(ctx, (tx) => getUnlockedClient(tx, ctx, clientId), 'read')
  const { code, realmId, error } = query
  if (error !== undefined || code === undefined || realmId === undefined || !realmPattern.test(realmId)) return 'refused'
  const tokens = await ctx.deps.quickbooks.exchangeCode(code)
  ctx.deps.reached('grant.made')
  let result: Result | null = null
  try {
    const company = await ctx.deps.quickbooks.company({ realmId, accessToken: tokens.accessToken })
    result = await withFirm(ctx, (tx) => saveConnection(tx, ctx, { clientId, realmId, tokens, company }))
    ctx.deps.reached('grant.recorded')
    return result
  } finally {
    // The client may have been deleted or locked meanwhile: access that is of no use is given back
    if (result !== 'connected') await withFirm(ctx, (tx) => releaseCompany(tx, ctx, { realmId, refreshToken: tokens.refreshToken }))
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
