import { and, eq, lt } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { releaseKey } from '../db/global.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { type ConnectionRecord, lockConnection, openAccess } from './access.ts'
import { releaseAccess } from './disconnects.ts'

const patienceMs = 24 * 60 * 60_000

/** Removes connections whose account list has not come within a day: the access is given back, the audit log keeps that it happened. */
export async function removeIncomplete(ctx: Ctx): Promise<void> {
  const { firmId, deps } = ctx
  const before = new Date(deps.now().getTime() - patienceMs)
  await withFirm(ctx, async (tx) => {
    const stale = and(eq(connectionsTable.firmId, firmId), eq(connectionsTable.complete, false), lt(connectionsTable.createdAt, before))
    const rows = await tx.select({ id: connectionsTable.id }).from(connectionsTable).where(stale).limit(100)
    for (const { id } of rows) {
      const connection = await lockConnection(tx, ctx, id)
      if (connection !== null && !connection.complete) await remove(tx, ctx, connection)
    }
  })
}

async function remove(tx: Tx, ctx: Ctx, connection: ConnectionRecord): Promise<void> {
  const accessToken = await openAccess(tx, ctx, connection)
  if (accessToken !== null) await releaseAccess(tx, ctx, connection.clientId, accessToken)
  await releaseKey(tx, 'plaid_item', connection.providerItemId)
  await tx.delete(connectionsTable).where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, connection.id)))
  if (connection.linkSessionId !== null) {
    await tx
      .update(linkSessionsTable)
      .set({
        state: 'failed',
        reason: 'The bank never listed its accounts.',
        linkTokenSealed: null,
        hostedUrlSealed: null,
        finishedAt: ctx.deps.now(),
      })
      .where(and(eq(linkSessionsTable.firmId, ctx.firmId), eq(linkSessionsTable.id, connection.linkSessionId)))
  }
  await recordAudit(tx, ctx, 'connection.not_completed', {
    id: connection.id,
    clientId: connection.clientId,
    details: { institution: connection.institutionName, reason: 'The bank never listed its accounts' },
  })
  await publish(tx, ctx, 'connections', connection.clientId)
}
