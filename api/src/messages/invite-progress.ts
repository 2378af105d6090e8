import { and, eq, inArray, notInArray, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { invitesTable, messagesTable } from '../db/schema/clients.ts'
import { type Member, ofInvites } from './members.ts'

const dayMs = 24 * 60 * 60_000
/** An invite is valid this long from its last message. */
export const inviteValidMs = 5 * dayMs
/** Who has not connected a bank this long after the first message is reminded. */
export const remindAfterMs = 3 * dayMs

interface Step extends Member {
  to: 'sent' | 'delivered' | 'failed' | 'canceled'
  reason: string | null
  at: Date
}

/**
 * What a message's new state means for one of its invites: sent and delivered as soon as one message is, failed when every one has failed.
 * Only moves forward; the time of a step is kept even when the invite is already further.
 */
export async function advanceByMessage(tx: Tx, ctx: Ctx, { inviteId, clientId, to, reason, at }: Step): Promise<void> {
  const mine = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, inviteId))
  const time = at.toISOString()
  if (to === 'sent' || to === 'delivered') {
    const validUntil = new Date(at.getTime() + inviteValidMs).toISOString()
    const remindAt = new Date(at.getTime() + remindAfterMs).toISOString()
    const before = to === 'sent' ? sql`('queued')` : sql`('queued', 'sent')`
    await tx
      .update(invitesTable)
      .set({
        sentAt: sql`coalesce(${invitesTable.sentAt}, ${time}::timestamptz)`,
        ...(to === 'delivered' && { deliveredAt: sql`coalesce(${invitesTable.deliveredAt}, ${time}::timestamptz)` }),
        // Counted from the first message, however many follow; a reminder that is over, or that the client chose, stays as it is
        remindAt: sql`case when ${invitesTable.sentAt} is null and not ${invitesTable.remindAsked} then ${remindAt}::timestamptz else ${invitesTable.remindAt} end`,
        // An arrival may be the first that is heard of a message whose answer was lost
        expiresAt: sql`case when ${to} = 'sent' or ${invitesTable.sentAt} is null then greatest(${invitesTable.expiresAt}, ${validUntil}::timestamptz) else ${invitesTable.expiresAt} end`,
        state: sql`case when ${invitesTable.state} in ${before} then ${to} else ${invitesTable.state} end`,
      })
      .where(mine)
  } else {
    // One after the other: of two messages that fail in the same moment neither would see that the other has
    await tx.select({ id: invitesTable.id }).from(invitesTable).where(mine).for('no key update')
    const alive = await tx
      .select({ id: messagesTable.id })
      .from(messagesTable)
      .where(and(eq(messagesTable.firmId, ctx.firmId), ofInvites(ctx, [inviteId]), notInArray(messagesTable.state, ['failed', 'canceled'])))
      .limit(1)
    if (alive.length > 0) return
    await tx
      .update(invitesTable)
      .set({ state: 'failed', reason, failedAt: at })
      .where(and(mine, inArray(invitesTable.state, ['queued', 'sent'])))
  }
  await publish(tx, ctx, 'clients', clientId)
}
