import { and, eq, isNull, lt, ne, or } from 'drizzle-orm'
import { type ConnectionRecord, lockConnection, openAccess } from '../connections/access.ts'
import { recordTrouble } from '../connections/health.ts'
import { removeIncomplete } from '../connections/incomplete.ts'
import { requestSync } from '../connections/request-sync.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { ProviderError } from '../core/errors.ts'
import { withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { bankTrouble } from '../providers/plaid/causes.ts'
import { applyBatch } from './apply.ts'
import { fetchBatch } from './fetch.ts'

const hourMs = 60 * 60_000
/** At least daily, even when every webhook is lost. */
const pollAfterMs = 20 * hourMs
const pollDownAfterMs = hourMs
const firstHistoryMs = 24 * hourMs
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
 * Job, for one firm: asks for a sync of every connection that was not tried for 20 hours (one whose bank was down: for an hour),
 * and removes what never became complete. Locked clients pause.
 */
export async function pollFirm(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'poll_connections')
  const now = deps.now().getTime()
  await withFirm(ctx, async (tx) => {
    const { lastAttemptAt, health } = connectionsTable
    const due = or(
      isNull(lastAttemptAt),
      lt(lastAttemptAt, new Date(now - pollAfterMs)),
      and(eq(health, 'bank_down'), lt(lastAttemptAt, new Date(now - pollDownAfterMs))),
    )
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
          due,
        ),
      )
      .orderBy(connectionsTable.lastAttemptAt)
      .limit(pollPage)
    for (const { id } of rows) await requestSync(tx, ctx, id)
  })
  await removeIncomplete(ctx)
}
