import { and, eq, inArray } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { messageEventsTable, messagesTable } from '../db/schema/clients.ts'
import { advanceByMessage } from './invite-progress.ts'
import { membersOf } from './members.ts'

export type MessageRow = typeof messagesTable.$inferSelect
export type MessageState = MessageRow['state']

interface Move {
  to: MessageState
  /** Only from one of these; anything else means that somebody was faster, or that it would be a step back. */
  from: readonly MessageState[]
  /** Only while it is leased until then, which names one claim: anything else means that somebody has taken it over. */
  leasedUntil?: Date | null
  reason?: string | null
  at?: Date
  set?: Partial<Pick<MessageRow, 'notBefore' | 'leaseUntil' | 'providerId' | 'attempts' | 'firstAttemptAt' | 'secretsSealed'>>
}

/** States after which the address and the code are of no use to us any more. */
const wiping = new Set<MessageState>(['sent', 'delivered', 'failed', 'canceled'])

/**
 * Moves a message by a conditional update, writes its history, carries the step on to its invites, tells the screens.
 * Null when the message was in none of the `from` states: nothing is changed then.
 */
export async function moveMessage(
  tx: Tx,
  ctx: Ctx,
  messageId: string,
  { to, from, leasedUntil, reason = null, at = ctx.deps.now(), set = {} }: Move,
): Promise<MessageRow | null> {
  const [row] = await tx
    .update(messagesTable)
    .set({ state: to, reason, ...(wiping.has(to) && { secretsSealed: null, notBefore: null, leaseUntil: null }), ...set })
    .where(
      and(
        eq(messagesTable.firmId, ctx.firmId),
        eq(messagesTable.id, messageId),
        inArray(messagesTable.state, [...from]),
        leasedUntil == null ? undefined : eq(messagesTable.leaseUntil, leasedUntil),
      ),
    )
    .returning()
  if (row === undefined) return null
  await tx.insert(messageEventsTable).values({ firmId: ctx.firmId, id: newId(), messageId, state: to, reason, at })
  const members = await membersOf(tx, ctx, row)
  if (to === 'sent' || to === 'delivered' || to === 'failed' || to === 'canceled') {
    // In one order, so that two messages about the same invites never wait for each other
    for (const member of members.toSorted((a, b) => (a.inviteId < b.inviteId ? -1 : 1)))
      await advanceByMessage(tx, ctx, { ...member, to, reason, at })
  }
  const clientIds = members.length > 0 ? members.map(({ clientId }) => clientId) : [row.clientId]
  for (const clientId of clientIds) if (clientId !== null) await publish(tx, ctx, 'invites', clientId)
  return row
}

/**
 * Adds the message's one job, or moves it. `at` is on the product's clock; jobs run on the database's. A code, which somebody waits
 * for, is asked for without a time and goes before everything else.
 */
export async function enqueueDelivery(tx: Tx, ctx: Ctx, messageId: string, at: Date | null | 'urgent'): Promise<void> {
  const when =
    at === null ? {} : at === 'urgent' ? { priority: at } : { runAt: new Date(Date.now() + (at.getTime() - ctx.deps.now().getTime())) }
  await enqueue(tx, 'deliver_message', { firmId: ctx.firmId, messageId }, { key: `deliver_message:${messageId}`, ...when })
}
