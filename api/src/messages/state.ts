import { and, eq, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { newId } from '../core/ids.ts'
import { tell } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { messagesTable } from '../db/schema/clients.ts'
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

/** A step of a message's history. */
interface Step {
  messageId: string
  state: MessageState
  reason: string | null
  at: Date
}

/** A change of one message with its line in the history: both, or where it changes nothing, none. Answers what it returns. */
export const withHistory = ({ firmId }: Ctx, change: SQLWrapper, { messageId, state, reason, at }: Step): SQL =>
  sql`with changed as (${change.getSQL()}), told as (insert into message_events (firm_id, id, message_id, state, reason, at)
    select ${firmId}::uuid, ${newId()}::uuid, ${messageId}::uuid, ${state}, ${reason}::text, ${at.toISOString()}::timestamptz from changed)
  select * from changed`

/** What a moved message stands for. */
interface Moved extends Record<string, unknown> {
  invite_id: string | null
  client_id: string | null
  link_id: string | null
  is_shared: boolean
}

/**
 * Moves a message by a conditional update, writes its history, carries the step on to its invites, tells the screens.
 * False when the message was in none of the `from` states: nothing is changed then.
 */
export async function moveMessage(
  tx: Tx,
  ctx: Ctx,
  messageId: string,
  { to, from, leasedUntil, reason = null, at = ctx.deps.now(), set = {} }: Move,
): Promise<boolean> {
  const { firmId, id, inviteId, clientId, linkId, isShared, state, leaseUntil } = messagesTable
  const update = tx
    .update(messagesTable)
    .set({ state: to, reason, ...(wiping.has(to) && { secretsSealed: null, notBefore: null, leaseUntil: null }), ...set })
    .where(
      and(
        eq(firmId, ctx.firmId),
        eq(id, messageId),
        inArray(state, [...from]),
        leasedUntil == null ? undefined : eq(leaseUntil, leasedUntil),
      ),
    )
    .returning({ inviteId, clientId, linkId, isShared })
  const [moved] = (await tx.execute<Moved>(withHistory(ctx, update, { messageId, state: to, reason, at }))).rows
  if (moved === undefined) return false
  const row = { inviteId: moved.invite_id, clientId: moved.client_id, linkId: moved.link_id, isShared: moved.is_shared }
  const members = await membersOf(tx, ctx, row)
  if (to === 'sent' || to === 'delivered' || to === 'failed' || to === 'canceled') {
    // In one order, so that two messages about the same invites never wait for each other
    for (const member of members.toSorted((a, b) => (a.inviteId < b.inviteId ? -1 : 1)))
      await advanceByMessage(tx, ctx, { ...member, to, reason, at })
  }
  const clientIds = members.length > 0 ? members.map((member) => member.clientId) : [row.clientId]
  // The list shows invites, which have said for themselves what changed
  for (const each of clientIds) if (each !== null) await tell(tx, ctx, 'invites', each)
  return true
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
