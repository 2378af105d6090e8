import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import { keepClients } from '../clients/visibility.ts'
import { advanceInvite } from '../invites/links.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable, linkSessionsTable } from '../db/schema/banks.ts'
import { type ConnectionRecord, lockConnection } from './access.ts'
import { keepSpan } from './health-spans.ts'
import { requestSync } from './request-sync.ts'
import { fulfilWanted } from './wanted.ts'

/** How many other banks of the client want a new sign-in. */
async function countBroken(tx: Tx, ctx: Ctx, { id, clientId }: ConnectionRecord): Promise<number> {
  const broken = and(
    eq(connectionsTable.firmId, ctx.firmId),
    eq(connectionsTable.clientId, clientId),
    eq(connectionsTable.health, 'needs_client'),
    ne(connectionsTable.id, id),
  )
  return (await tx.select({ id: connectionsTable.id }).from(connectionsTable).where(broken)).length
}

/**
 * Records that somebody has signed in at the bank again. Whether it helped is known after the sync that follows: a good one
 * makes the connection healthy.
 */
export async function finishRepair(ctx: Ctx, linkSessionId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await keepClients(tx, ctx, sql`(select s.client_id from link_sessions s where s.firm_id = ${ctx.firmId} and s.id = ${linkSessionId})`)
    const [session] = await tx
      .update(linkSessionsTable)
      .set({ state: 'done', reason: null, linkTokenSealed: null, hostedUrlSealed: null, finishedAt: ctx.deps.now() })
      .where(
        and(
          eq(linkSessionsTable.firmId, ctx.firmId),
          eq(linkSessionsTable.id, linkSessionId),
          inArray(linkSessionsTable.state, ['open', 'exited']),
        ),
      )
      .returning()
    const connection = session?.connectionId == null ? null : await lockConnection(tx, ctx, session.connectionId)
    if (session === undefined || connection === null) return
    if (connection.health === 'needs_client' || connection.health === 'bank_down') {
      await tx
        .update(connectionsTable)
        .set({ health: 'syncing', cause: null, consentEndsAt: null })
        .where(and(eq(connectionsTable.firmId, ctx.firmId), eq(connectionsTable.id, connection.id)))
      await keepSpan(tx, ctx, connection, 'syncing')
    }
    await fulfilWanted(tx, ctx, session, connection)
    // While another bank wants the client the request is not answered yet
    const others = await countBroken(tx, ctx, connection)
    if (session.inviteId !== null && others === 0) await advanceInvite(tx, ctx, session.inviteId, 'connected')
    await recordAudit(tx, ctx, 'connection.signed_in_again', { id: connection.id, clientId: connection.clientId })
    await publish(tx, ctx, 'connections', connection.clientId)
    await requestSync(tx, ctx, connection.id)
  })
}
