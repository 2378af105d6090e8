import { and, eq, isNull, ne, or, type SQL, sql } from 'drizzle-orm'
import { type ConnectionRecord, lockConnection, openAccess } from '../connections/access.ts'
import { recordTrouble } from '../connections/health.ts'
import { removeIncomplete } from '../connections/incomplete.ts'
import { pollSync, requestSync } from '../connections/request-sync.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { ProviderError } from '../core/errors.ts'
import { withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { bankTrouble } from '../providers/plaid/causes.ts'
import { applyBatch } from './apply.ts'
import { fetchBatch } from './fetch.ts'

const firstHistoryMs = 24 * 60 * 60_000
const firstPollMs = 10_000
const firstPollMaxMs = 15 * 60_000
const pollPage = 500

/**
 * Job: fetches what is new at one connection and stores it. One at a time per connection (its queue); run twice or at once it
 * stores the same. Trouble with the bank becomes the connection's health; what only time can mend is thrown for another try.
 */
export async function syncConnection(deps: Deps, { firmId, connectionId }: { firmId: string; connectionId: string }): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'sync_connection')
  const started = await withFirm(ctx, async (tx) => {
    const [client] = await tx
      .select({ lockedAt: clientsTable.lockedAt })
      .from(connectionsTable)
      .innerJoin(clientsTable, and(eq(clientsTable.firmId, connectionsTable.firmId), eq(clientsTable.id, connectionsTable.clientId)))
      .where(and(eq(connectionsTable.firmId, firmId), eq(connectionsTable.id, connectionId)))
    const connection = client === undefined || client.lockedAt !== null ? null : await lockConnection(tx, ctx, connectionId)
    if (connection === null || !connection.complete) return null
    const accessToken = await openAccess(tx, ctx, connection)
    if (accessToken === null) return null
    await tx
      .update(connectionsTable)
      .set({ lastAttemptAt: deps.now() })
      .where(and(eq(connectionsTable.firmId, firmId), eq(connectionsTable.id, connectionId)))
    return { connection, accessToken }
  })
  if (started === null) return
  deps.reached('sync.started')
  try {
    await hearOf(ctx, started)
    const batch = await fetchBatch(deps, started.accessToken, started.connection.cursor)
    deps.reached('sync.fetched')
    const stored = await applyBatch(ctx, started.connection, batch)
    deps.reached('sync.recorded')
    const soon = stored ? nextLook(ctx, started.connection, batch.historyComplete) : 0
    if (soon !== null) await withFirm(ctx, (tx) => requestSync(tx, ctx, connectionId, soon))
  } catch (error) {
    if (!(error instanceof ProviderError) || !(await recordFailure(ctx, started.connection, error))) throw error
  }
}

/** Tells the provider where we are, when that is not where it was told before: it would write to nobody. */
async function hearOf(ctx: Ctx, { connection, accessToken }: { connection: ConnectionRecord; accessToken: string }): Promise<void> {
  const { firmId, id, providerItemId } = connectionsTable
  const { plaid } = ctx.deps
  if (connection.webhookMark === plaid.webhookMark) return
  await plaid.tellWebhook(accessToken)
  await withFirm(ctx, (tx) =>
    tx
      .update(connectionsTable)
      .set({ webhookMark: plaid.webhookMark })
      .where(and(eq(firmId, ctx.firmId), eq(id, connection.id), eq(providerItemId, connection.providerItemId))),
  )
}

/**
 * While the history of a new access is still on its way: when to look again, rarer with time. Null when the daily poll will do.
 * An access that took another's place has no cursor, however old its connection is.
 */
function nextLook(ctx: Ctx, connection: ConnectionRecord, historyComplete: boolean): number | null {
  const ageMs = ctx.deps.now().getTime() - connection.createdAt.getTime()
  if (historyComplete || (ageMs > firstHistoryMs && connection.cursor !== null)) return null
  return Math.min(Math.max(firstPollMs, ageMs / 4), firstPollMaxMs)
}

/** Records what the provider's refusal says about the connection; false when it says nothing, so that the job tries again. */
async function recordFailure(ctx: Ctx, started: ConnectionRecord, error: ProviderError): Promise<boolean> {
  const trouble = bankTrouble(error.code)
  if (trouble === null) return false
  await withFirm(ctx, async (tx) => {
    const connection = await lockConnection(tx, ctx, started.id)
    // The refusal was about the access of then; another one may have taken its place
    if (connection !== null && connection.providerItemId === started.providerItemId) await recordTrouble(tx, ctx, connection, trouble)
  })
  return true
}

/**
 * When a connection is looked at again if nothing is heard of it: about daily, each at an hour of its own, so that those which were
 * linked, or kept from it, together do not come together ever after. One whose rows have not come yet, or whose bank was down, sooner.
 */
const nextPoll: SQL = sql`${connectionsTable.lastAttemptAt} + case
  when ${connectionsTable.health} = 'syncing' then interval '30 minutes'
  when ${connectionsTable.health} = 'bank_down' then interval '1 hour'
  else interval '19 hours' + mod(abs(hashtext(${connectionsTable.id}::text)::bigint), 14400) * interval '1 second' end`

/** Of those that the provider was told of another address of ours, one that was tried within the hour waits: it may not be able to hear. */
const isUnheard = (deps: Deps, now: string): SQL =>
  sql`(${connectionsTable.webhookMark} is distinct from ${deps.plaid.webhookMark}
    and ${connectionsTable.lastAttemptAt} < ${now}::timestamptz - interval '1 hour')`

/** Job, for one firm: asks for a sync of every connection whose time has come, and removes what never became complete. Locked clients pause. */
export async function pollFirm(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'poll_connections')
  const now = deps.now().toISOString()
  await withFirm(ctx, async (tx) => {
    const { lastAttemptAt, health } = connectionsTable
    const rows = await tx
      .select({ id: connectionsTable.id })
      .from(connectionsTable)
      .innerJoin(clientsTable, and(eq(clientsTable.firmId, connectionsTable.firmId), eq(clientsTable.id, connectionsTable.clientId)))
      .where(
        and(
          eq(connectionsTable.firmId, firmId),
          eq(connectionsTable.complete, true),
          ne(health, 'disconnected'),
          isNull(clientsTable.lockedAt),
          or(isNull(lastAttemptAt), sql`${nextPoll} < ${now}::timestamptz`, isUnheard(deps, now)),
        ),
      )
      .orderBy(sql`${lastAttemptAt} nulls first`)
      .limit(pollPage)
    for (const { id } of rows) await pollSync(tx, ctx, id)
  })
  await removeIncomplete(ctx)
}
