import { and, desc, eq, ne, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { messagesTable } from '../db/schema/clients.ts'
import { type About, readAbout } from './about.ts'
import { isAnswered, isBroken } from './answered.ts'
import { dayMs, ofTheDay } from './limits.ts'
import type { Member } from './members.ts'
import { nextTextTime } from './quiet-hours.ts'
import { isCode } from './service.ts'
import type { MessageRow } from './state.ts'

/** Why a message that was queued is not for whoever has its address. */
const changedAddress = 'The address was changed before it went out'

/** Why a message must not go out now. */
export type Obstacle =
  | { kind: 'cancel'; reason: string; movedClientIds: string[] }
  | { kind: 'fail'; reason: string }
  | { kind: 'wait'; until: Date; reason: string }

/** What stands against sending this message at this moment, or null. `again` re-sends one that has its place in the daily limit. */
export async function findObstacle(
  tx: Tx,
  ctx: Ctx,
  message: MessageRow,
  again: boolean,
): Promise<{ about: About; obstacle: Obstacle | null }> {
  // Serialised per person until the claim commits
  const person = `message_limit:${ctx.firmId}:${message.channel}:${message.toAddress}`
  const takesPlace = !again && !isCode(message.purpose)
  const about = await readAbout(tx, ctx, message, takesPlace ? sql`pg_advisory_xact_lock(hashtextextended(${person}, 0))` : undefined)
  return { about, obstacle: await findAgainst(tx, ctx, message, { about, takesPlace }) }
}

async function findAgainst(
  tx: Tx,
  ctx: Ctx,
  message: MessageRow,
  { about, takesPlace }: { about: About; takesPlace: boolean },
): Promise<Obstacle | null> {
  const ended = await endOf(tx, ctx, message, about)
  if (ended?.left.length === 0) return { kind: 'cancel', reason: ended.reason, movedClientIds: ended.movedClientIds }
  if (message.channel === 'sms' && about.optedOut) return { kind: 'fail', reason: 'Opted out: this phone has replied STOP' }
  if (isCode(message.purpose)) return null
  if (message.channel === 'email' && about.optedOut) return { kind: 'fail', reason: 'Opted out: this address has unsubscribed' }
  const now = ctx.deps.now()
  const perDay = about.firm.messagesPerPersonDay
  const allowed = takesPlace ? await dailyLimitEnds(tx, ctx, message, { now, perDay }) : null
  const until = inHours(ctx, message, about, allowed ?? now)
  if (until <= now) return null
  return { kind: 'wait', until, reason: allowed === null ? "Waits for 8:00 in the client's time zone" : tooManyToday(perDay) }
}

/** What came in between since a message was written: the first reason, the invites it is still of use to, and who has moved away from its address. */
interface End {
  reason: string
  left: Member[]
  movedClientIds: string[]
}

/** What has ended since the message was written. Null when nothing has. */
export async function findEnd(tx: Tx, ctx: Ctx, message: MessageRow): Promise<End | null> {
  return endOf(tx, ctx, message, await readAbout(tx, ctx, message))
}

async function endOf(tx: Tx, ctx: Ctx, message: MessageRow, about: About): Promise<End | null> {
  const { members } = about
  if (members.length === 0) {
    const reason = message.clientId === null ? null : clientReason(message, about.clients.get(message.clientId))
    return reason === null ? null : { reason, left: [], movedClientIds: [] }
  }
  const left: Member[] = []
  const movedClientIds: string[] = []
  let reason: string | null = null
  for (const member of members) {
    const ended =
      clientReason(message, about.clients.get(member.clientId)) ??
      (await inviteReason(tx, ctx, message, { clientId: member.clientId, invite: about.invites.get(member.inviteId) }))
    if (ended === null) left.push(member)
    else reason ??= ended
    if (ended === changedAddress) movedClientIds.push(member.clientId)
  }
  return reason === null ? null : { reason, left, movedClientIds }
}

function clientReason(message: MessageRow, client: ReturnType<About['clients']['get']>): string | null {
  if (client === undefined || client.lockedAt !== null) return 'The client is locked'
  return isMisaddressed(message, client) ? changedAddress : null
}

async function inviteReason(
  tx: Tx,
  ctx: Ctx,
  message: MessageRow,
  { clientId, invite }: { clientId: string; invite: ReturnType<About['invites']['get']> },
): Promise<string | null> {
  switch (invite?.state) {
    case 'revoked':
      return 'The invite was revoked'
    case 'superseded':
      return 'A newer invite took its place'
    case 'connected':
      return 'A bank was connected before it went out'
    default:
  }
  if (message.purpose === 'reconnect' && !(await isBroken(tx, ctx, clientId))) return 'No bank wants a new sign-in any more'
  if (message.purpose === 'reminder' && invite !== undefined && (await isAnswered(tx, ctx, invite)))
    return 'The bank was seen to before it went out'
  if (message.purpose === 'reminder' && (invite?.statementsAt ?? message.createdAt) > message.createdAt)
    return 'The client sent statements before it went out'
  return null
}

/** Whether a message about a client's banks goes to an address that is not the client's any more. */
function isMisaddressed(
  { purpose, channel, toAddress }: MessageRow,
  { phone, email }: { phone: string | null; email: string | null },
): boolean {
  if (purpose !== 'invite' && purpose !== 'reconnect' && purpose !== 'reminder') return false
  return channel === 'sms' ? phone !== toAddress : email?.toLowerCase() !== toAddress.toLowerCase()
}

function tooManyToday(max: number): string {
  return max === 1
    ? 'Waits: one message a day is the most one person gets'
    : `Waits: ${max === 2 ? 'two' : 'three'} messages a day are the most one person gets`
}

/** When the person may get the next message of this channel, or null at once. */
async function dailyLimitEnds(tx: Tx, ctx: Ctx, message: MessageRow, { now, perDay }: { now: Date; perDay: number }): Promise<Date | null> {
  const recent = await tx
    .select({ at: messagesTable.firstAttemptAt })
    .from(messagesTable)
    .where(
      and(
        ofTheDay(ctx, now),
        eq(messagesTable.toAddress, message.toAddress),
        eq(messagesTable.channel, message.channel),
        ne(messagesTable.id, message.id),
      ),
    )
    .orderBy(desc(messagesTable.firstAttemptAt))
    .limit(perDay)
  const oldest = recent[perDay - 1]?.at
  return oldest ? new Date(oldest.getTime() + dayMs) : null
}

function inHours(ctx: Ctx, message: MessageRow, about: About, from: Date): Date {
  if (message.channel !== 'sms' || message.clientId === null || !ctx.deps.quietHours) return from
  const client = about.clients.get(message.clientId)
  return client === undefined ? from : nextTextTime(from, client.timeZone)
}
