import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { invitesTable } from '../db/schema/clients.ts'

type InviteState = (typeof invitesTable.$inferSelect)['state']

/** From which states a person's step moves an invite on. A message reported as failed may have arrived all the same. */
const earlier = {
  opened: ['queued', 'sent', 'delivered', 'failed'],
  started: ['queued', 'sent', 'delivered', 'failed', 'opened'],
  connected: ['queued', 'sent', 'delivered', 'failed', 'opened', 'started'],
} as const satisfies Record<string, readonly InviteState[]>

/**
 * Once no bank of the client wants a new sign-in, a request for it has been answered, whoever signed in; whether its link was opened
 * is another matter.
 */
export async function endRepairInvites(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  const ended = await tx
    .update(invitesTable)
    .set({ state: 'connected', connectedAt: ctx.deps.now() })
    .where(
      and(
        eq(invitesTable.firmId, ctx.firmId),
        eq(invitesTable.clientId, clientId),
        eq(invitesTable.kind, 'repair'),
        inArray(invitesTable.state, [...earlier.connected]),
        sql`not exists (select from connections n where n.firm_id = ${ctx.firmId} and n.client_id = ${clientId} and n.health = 'needs_client')`,
      ),
    )
    .returning({ id: invitesTable.id })
  if (ended.length === 0) return
  await publish(tx, ctx, 'invites', clientId)
  await publish(tx, ctx, 'clients', clientId)
}

/**
 * Moves an invite to what the client did, forward only; an invite that is further, superseded or revoked stays as it is.
 * True when it moved.
 */
export async function advanceInvite(tx: Tx, ctx: Ctx, inviteId: string, to: keyof typeof earlier): Promise<boolean> {
  const at = ctx.deps.now()
  const mine = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, inviteId))
  const time = { opened: { openedAt: at }, started: { startedAt: at }, connected: { connectedAt: at } }[to]
  // A tap proves that the link was opened, even when that was never recorded
  const opened = to === 'opened' ? {} : { openedAt: sql`coalesce(${invitesTable.openedAt}, ${at.toISOString()}::timestamptz)` }
  const [row] = await tx
    .update(invitesTable)
    .set({ state: to, ...opened, ...time })
    .where(and(mine, inArray(invitesTable.state, [...earlier[to]])))
    .returning({ clientId: invitesTable.clientId })
  if (row === undefined) return false
  await publish(tx, ctx, 'invites', row.clientId)
  await publish(tx, ctx, 'clients', row.clientId)
  return true
}
