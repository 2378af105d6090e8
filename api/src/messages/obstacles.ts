import { and, desc, eq, ne, sql } from 'drizzle-orm'
import { isEmailOptedOut, optedOutPhones } from '../clients/opt-outs.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable, invitesTable, messagesTable } from '../db/schema/clients.ts'
import { isAnswered, isBroken } from './answered.ts'
import { dayMs, ofTheDay, readLimits } from './limits.ts'
import { type Member, membersOf } from './members.ts'
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
export async function findObstacle(tx: Tx, ctx: Ctx, message: MessageRow, again = false): Promise<Obstacle | null> {
  const ended = await findEnd(tx, ctx, message)
  if (ended?.left.length === 0) return { kind: 'cancel', reason: ended.reason, movedClientIds: ended.movedClientIds }
  if (message.channel === 'sms' && (await optedOutPhones(tx, ctx.deps, [message.toAddress])).size > 0) {
    return { kind: 'fail', reason: 'Opted out: this phone has replied STOP' }
  }
  if (isCode(message.purpose)) return null
  if (message.channel === 'email' && (await isEmailOptedOut(tx, ctx.deps, ctx.firmId, message.toAddress))) {
    return { kind: 'fail', reason: 'Opted out: this address has unsubscribed' }
  }
  const now = ctx.deps.now()
  const allowed = again ? null : await dailyLimitEnds(tx, ctx, message, now)
  const until = await inHours(tx, ctx, message, allowed ?? now)
  if (until <= now) return null
  return {
    kind: 'wait',
    until,
    reason: allowed === null ? "Waits for 8:00 in the client's time zone" : tooManyToday((await readLimits(tx, ctx)).messagesPerPersonDay),
  }
}

/** What came in between since a message was written: the first reason, the invites it is still of use to, and who has moved away from its address. */
interface End {
  reason: string
  left: Member[]
  movedClientIds: string[]
}

/** What has ended since the message was written. Null when nothing has. */
export async function findEnd(tx: Tx, ctx: Ctx, message: MessageRow): Promise<End | null> {
  const members = await membersOf(tx, ctx, message)
  if (members.length === 0) {
    const reason = message.clientId === null ? null : await clientReason(tx, ctx, message, message.clientId)
    return reason === null ? null : { reason, left: [], movedClientIds: [] }
  }
  const left: Member[] = []
  const movedClientIds: string[] = []
  let reason: string | null = null
  for (const member of members) {
    const ended = (await clientReason(tx, ctx, message, member.clientId)) ?? (await inviteReason(tx, ctx, message, member))
    if (ended === null) left.push(member)
    else reason ??= ended
    if (ended === changedAddress) movedClientIds.push(member.clientId)
  }
  return reason === null ? null : { reason, left, movedClientIds }
}

async function clientReason(tx: Tx, ctx: Ctx, message: MessageRow, clientId: string): Promise<string | null> {
  const where = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId))
  const [client] = await tx.select().from(clientsTable).where(where)
  if (client === undefined || client.lockedAt !== null) return 'The client is locked'
  return isMisaddressed(message, client) ? changedAddress : null
}

async function inviteReason(tx: Tx, ctx: Ctx, message: MessageRow, { inviteId, clientId }: Member): Promise<string | null> {
  const where = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, inviteId))
  const [invite] = await tx.select().from(invitesTable).where(where)
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

/** When the person may get the next message of this channel, or null at once. Serialised per person until the claim commits. */
async function dailyLimitEnds(tx: Tx, ctx: Ctx, message: MessageRow, now: Date): Promise<Date | null> {
  const person = `message_limit:${ctx.firmId}:${message.channel}:${message.toAddress}`
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${person}, 0))`)
  const { messagesPerPersonDay } = await readLimits(tx, ctx)
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
    .limit(messagesPerPersonDay)
  const oldest = recent[messagesPerPersonDay - 1]?.at
  return oldest ? new Date(oldest.getTime() + dayMs) : null
}

async function inHours(tx: Tx, ctx: Ctx, message: MessageRow, from: Date): Promise<Date> {
  if (message.channel !== 'sms' || message.clientId === null || !ctx.deps.quietHours) return from
  const where = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, message.clientId))
  const [client] = await tx.select({ timeZone: clientsTable.timeZone }).from(clientsTable).where(where)
  return client === undefined ? from : nextTextTime(from, client.timeZone)
}
