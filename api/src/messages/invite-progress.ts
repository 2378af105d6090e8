import { and, eq, inArray, notInArray, or, isNull, lt, sql } from 'drizzle-orm'
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

type InviteState = (typeof invitesTable.$inferSelect)['state']

interface Step extends Member {
  to: 'sent' | 'delivered' | 'failed' | 'canceled'
  reason: string | null
  at: Date
}

/**
 * What a message's new state means for one of its invites: sent and delivered as soon as one message is, failed when every one has failed.
 * Only moves forward; the time of a step is kept even when the invite is already further.
 */
export async function advanceByMessage(tx: Tx, ctx: Ctx, step: Step): Promise<void> {
  const moved = step.to === 'sent' || step.to === 'delivered' ? await arrive(tx, ctx, step.to, step) : await fail(tx, ctx, step)
  if (moved) await publish(tx, ctx, 'clients', step.clientId)
}

const isInvite = (ctx: Ctx, inviteId: string) => and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, inviteId))

/** Answers whether that was news: of two messages one is the first. */
async function arrive(tx: Tx, ctx: Ctx, to: 'sent' | 'delivered', { inviteId, at }: Step): Promise<boolean> {
  const { id, state, sentAt, deliveredAt, remindAt, remindAsked, expiresAt } = invitesTable
  const time = at.toISOString()
  const validUntil = new Date(at.getTime() + inviteValidMs)
  const remindOn = new Date(at.getTime() + remindAfterMs).toISOString()
  const before: InviteState[] = to === 'sent' ? ['queued'] : ['queued', 'sent']
  const isNews = or(inArray(state, before), isNull(sentAt), to === 'sent' ? lt(expiresAt, validUntil) : isNull(deliveredAt))
  const moved = await tx
    .update(invitesTable)
    .set({
      sentAt: sql`coalesce(${sentAt}, ${time}::timestamptz)`,
      ...(to === 'delivered' && { deliveredAt: sql`coalesce(${deliveredAt}, ${time}::timestamptz)` }),
      // Counted from the first message, however many follow; a reminder that is over, or that the client chose, stays as it is
      remindAt: sql`case when ${sentAt} is null and not ${remindAsked} then ${remindOn}::timestamptz else ${remindAt} end`,
      // An arrival may be the first that is heard of a message whose answer was lost
      expiresAt: sql`case when ${to} = 'sent' or ${sentAt} is null then greatest(${expiresAt}, ${validUntil.toISOString()}::timestamptz) else ${expiresAt} end`,
      state: sql`case when ${inArray(state, before)} then ${to} else ${state} end`,
    })
    .where(and(isInvite(ctx, inviteId), isNews))
    .returning({ id })
  return moved.length > 0
}

async function fail(tx: Tx, ctx: Ctx, { inviteId, reason, at }: Step): Promise<boolean> {
  const { id, state } = invitesTable
  // One after the other: of two messages that fail in the same moment neither would see that the other has
  await tx.select({ id }).from(invitesTable).where(isInvite(ctx, inviteId)).for('no key update')
  const alive = await tx
    .select({ id: messagesTable.id })
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), ofInvites(ctx, [inviteId]), notInArray(messagesTable.state, ['failed', 'canceled'])))
    .limit(1)
  if (alive.length > 0) return false
  const failed = await tx
    .update(invitesTable)
    .set({ state: 'failed', reason, failedAt: at })
    .where(and(isInvite(ctx, inviteId), inArray(state, ['queued', 'sent'])))
    .returning({ id })
  return failed.length > 0
}
