import { and, eq, gt, inArray, isNotNull, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { unseal } from '../core/crypto.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { messageEventsTable, messagesTable } from '../db/schema/clients.ts'
import type { Secrets } from './compose.ts'
import type { Member } from './members.ts'
import { findEnd, findObstacle } from './obstacles.ts'
import { holdPerson, secretsPlace } from './service.ts'
import { enqueueDelivery, type MessageRow, type MessageState, moveMessage } from './state.ts'

/** A call of ours ends long before this; whoever finds a lease run out finds a process that died. */
const leaseMs = 75_000
/** A call of ours is over after this, the wait for its turn included (providers' limits.ts). */
const callMaxMs = 20_000
/** A doubtful text is looked up after this long: the provider lists what it took a moment later. */
const lookAfterMs = 60_000
/** A doubtful e-mail is decided after this long by the events that came or did not. */
const eventsAfterMs = 15 * 60_000
/** A send whose outcome cannot be found out is given up after this long and stays `unknown`. */
const doubtMaxMs = 24 * 60 * 60_000
const smsAttemptsMax = 5
/** An e-mail of unknown outcome is sent once more, never twice. */
const emailAttemptsMax = 2

/** What this job run is to do: send, or first look whether it went. Whoever holds it holds the lease. */
export interface Claimed {
  kind: 'send' | 'look'
  message: MessageRow
  secrets: Secrets
}

/** Queues a message of the same kind for those of its invites that are left; the caller takes this one back. */
export type WriteAgain = (tx: Tx, ctx: Ctx, message: MessageRow, left: readonly Member[]) => Promise<void>

/** Takes the message for this run, or null when there is nothing to do now: finished, waiting, or in another's hands. */
export function claimMessage(ctx: Ctx, messageId: string, writeAgain: WriteAgain): Promise<Claimed | null> {
  return withFirm(ctx, async (tx) => {
    const where = and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, messageId))
    const { isShared, state, toAddress } = messagesTable
    const [waiting] = await tx
      .select({ toAddress })
      .from(messagesTable)
      .where(and(where, eq(isShared, true), eq(state, 'queued')))
    if (waiting !== undefined) await holdPerson(tx, ctx, waiting.toAddress)
    const [message] = await tx.select().from(messagesTable).where(where).for('update')
    if (message === undefined) return null
    const now = ctx.deps.now()
    switch (message.state) {
      case 'queued':
        if (message.notBefore !== null && message.notBefore > now) return wait(tx, ctx, message, message.notBefore)
        if (await isOutOfDate(tx, ctx, message, writeAgain)) return null
        return beginSending(tx, ctx, message)
      case 'sending':
      case 'unknown':
        return claimDoubtful(tx, ctx, message, now)
      default:
        return null
    }
  })
}

/**
 * Whether a message to somebody with several clients names one that is out of it by now; then another goes in its place. One that may
 * be out already says again what it said.
 */
async function isOutOfDate(tx: Tx, ctx: Ctx, message: MessageRow, writeAgain: WriteAgain): Promise<boolean> {
  if (!message.isShared || (message.firstAttemptAt !== null && (await wasInDoubt(tx, ctx, message)))) return false
  const ended = await findEnd(tx, ctx, message)
  if (ended === null || ended.left.length === 0) return false
  await writeAgain(tx, ctx, message, ended.left)
  await askAnew(tx, ctx, ended.movedClientIds)
  await moveMessage(tx, ctx, message.id, { to: 'canceled', from: ['queued'], reason: `${ended.reason}; written anew for the others` })
  return true
}

/** Whether nobody knew for a while if it went; what was refused each time has certainly not. */
async function wasInDoubt(tx: Tx, ctx: Ctx, message: MessageRow): Promise<boolean> {
  const { id, firmId, messageId, state } = messageEventsTable
  const doubts = and(eq(firmId, ctx.firmId), eq(messageId, message.id), eq(state, 'unknown'))
  return (await tx.select({ id }).from(messageEventsTable).where(doubts).limit(1)).length > 0
}

async function claimDoubtful(tx: Tx, ctx: Ctx, message: MessageRow, now: Date): Promise<Claimed | null> {
  // An unknown one without a lease was given up
  if (message.leaseUntil === null) return null
  if (message.leaseUntil > now) return wait(tx, ctx, message, message.leaseUntil)
  // Counted from the attempt: a process that died may have been found much later
  const attemptedAt = new Date(message.leaseUntil.getTime() - leaseMs)
  const doubtful = message.state === 'sending' ? await recordDoubt(tx, ctx, message, attemptedAt) : message
  if (doubtful === null || (doubtful.leaseUntil !== null && doubtful.leaseUntil > now)) return null
  if (now.getTime() - (message.firstAttemptAt ?? now).getTime() > doubtMaxMs) return giveUp(tx, ctx, message)
  if (message.channel === 'email') return claimDoubtfulEmail(tx, ctx, doubtful)
  const leased = await lease(tx, ctx, doubtful, new Date(now.getTime() + leaseMs))
  return { kind: 'look', message: leased, secrets: await readSecrets(tx, ctx, leased) }
}

/** Mail cannot be looked up. When other mail's events arrive and this one's do not, it was never taken: it goes once more. */
async function claimDoubtfulEmail(tx: Tx, ctx: Ctx, message: MessageRow): Promise<Claimed | null> {
  if (message.attempts >= emailAttemptsMax || !(await eventsArrive(tx, ctx, message))) return giveUp(tx, ctx, message)
  return beginSending(tx, ctx, message)
}

/** Whether the mail service has told us of other mail's delivery since this one was tried. */
async function eventsArrive(tx: Tx, ctx: Ctx, message: MessageRow): Promise<boolean> {
  const rows = await tx
    .select({ id: messagesTable.id })
    .from(messagesTable)
    .innerJoin(
      messageEventsTable,
      and(eq(messageEventsTable.firmId, messagesTable.firmId), eq(messageEventsTable.messageId, messagesTable.id)),
    )
    .where(
      and(
        eq(messagesTable.firmId, ctx.firmId),
        eq(messagesTable.channel, 'email'),
        isNotNull(messagesTable.providerId),
        eq(messageEventsTable.state, 'delivered'),
        gt(messageEventsTable.at, message.firstAttemptAt ?? message.createdAt),
      ),
    )
    .limit(1)
  return rows.length > 0
}

/**
 * Checks what stands against it, then takes the lease and counts the attempt. A follow-up job stands ready in case this
 * process dies before it has recorded what came of it.
 */
export async function beginSending(tx: Tx, ctx: Ctx, message: MessageRow): Promise<Claimed | null> {
  const now = ctx.deps.now()
  const from: MessageState[] = [message.state]
  const obstacle = await findObstacle(tx, ctx, message, message.firstAttemptAt !== null)
  if (obstacle?.kind === 'wait') {
    const set = message.state === 'queued' ? { notBefore: obstacle.until } : { leaseUntil: obstacle.until }
    await tx
      .update(messagesTable)
      .set({ ...set, reason: obstacle.reason })
      .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, message.id)))
    return wait(tx, ctx, message, obstacle.until)
  }
  if (obstacle !== null) {
    if (obstacle.kind === 'cancel') await askAnew(tx, ctx, obstacle.movedClientIds)
    // What may have gone out is not called canceled
    const to = obstacle.kind === 'cancel' && message.state === 'queued' ? 'canceled' : 'failed'
    await moveMessage(tx, ctx, message.id, { to, from, reason: obstacle.reason })
    return null
  }
  if (message.state === 'unknown' && message.channel === 'sms' && message.attempts >= smsAttemptsMax) return giveUp(tx, ctx, message)
  const leaseUntil = new Date(now.getTime() + leaseMs)
  const secrets = await readSecrets(tx, ctx, message)
  const set = { attempts: message.attempts + 1, leaseUntil, notBefore: null, firstAttemptAt: message.firstAttemptAt ?? now }
  const sending = await moveMessage(tx, ctx, message.id, { to: 'sending', from, set })
  if (sending === null) return null
  await enqueueDelivery(tx, ctx, message.id, leaseUntil)
  return { kind: 'send', message: sending, secrets }
}

/** Whoever has the right address of these clients, which a message is not to any more, has not been asked to sign in again yet. */
export async function askAnew(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<void> {
  if (clientIds.length === 0) return
  const { firmId, clientId, health } = connectionsTable
  await tx
    .update(connectionsTable)
    .set({ clientAskedAt: null })
    .where(and(eq(firmId, ctx.firmId), inArray(clientId, [...clientIds]), eq(health, 'needs_client')))
}

/**
 * The message for the call that follows at once, its lease long enough for it, or null when somebody has taken it over: whoever
 * claimed it may have been kept waiting for so long.
 */
export async function keepLease(ctx: Ctx, message: MessageRow): Promise<MessageRow | null> {
  const now = ctx.deps.now()
  if (message.leaseUntil === null || message.leaseUntil.getTime() - now.getTime() >= callMaxMs) return message
  const mine = and(
    eq(messagesTable.firmId, ctx.firmId),
    eq(messagesTable.id, message.id),
    eq(messagesTable.state, 'sending'),
    eq(messagesTable.leaseUntil, message.leaseUntil),
  )
  const leaseUntil = new Date(now.getTime() + leaseMs)
  return withFirm(ctx, async (tx) => {
    const [kept] = await tx.update(messagesTable).set({ leaseUntil }).where(mine).returning()
    if (kept === undefined) return null
    await enqueueDelivery(tx, ctx, message.id, leaseUntil)
    return kept
  })
}

/** Records that nobody knows whether it went, and when to decide. Null when the answer has come meanwhile. */
export async function recordDoubt(tx: Tx, ctx: Ctx, message: MessageRow, attemptedAt: Date): Promise<MessageRow | null> {
  const afterMs = message.channel === 'sms' ? lookAfterMs : eventsAfterMs
  const leaseUntil = new Date(attemptedAt.getTime() + afterMs)
  const doubtful = await moveMessage(tx, ctx, message.id, {
    to: 'unknown',
    from: ['sending'],
    leasedUntil: message.leaseUntil,
    reason: 'The answer was lost; checking whether it went',
    set: { leaseUntil },
  })
  if (doubtful !== null && leaseUntil > ctx.deps.now()) await enqueueDelivery(tx, ctx, message.id, leaseUntil)
  return doubtful
}

/** Leaves a doubtful message as it is, for staff to decide. A late event may still say what became of it. */
async function giveUp(tx: Tx, ctx: Ctx, message: MessageRow): Promise<null> {
  const reason = 'We could not find out whether it went. Send a new invite if it did not arrive.'
  await moveMessage(tx, ctx, message.id, { to: 'unknown', from: ['unknown'], reason, set: { leaseUntil: null, secretsSealed: null } })
  return null
}

async function wait(tx: Tx, ctx: Ctx, message: MessageRow, until: Date): Promise<null> {
  await enqueueDelivery(tx, ctx, message.id, until)
  return null
}

async function lease(tx: Tx, ctx: Ctx, message: MessageRow, leaseUntil: Date): Promise<MessageRow> {
  await tx
    .update(messagesTable)
    .set({ leaseUntil })
    .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, message.id), sql`${messagesTable.state} = ${message.state}`))
  await enqueueDelivery(tx, ctx, message.id, leaseUntil)
  return { ...message, leaseUntil }
}

async function readSecrets(tx: Tx, ctx: Ctx, message: MessageRow): Promise<Secrets> {
  if (message.secretsSealed === null) return {}
  // Only queueMessage seals here, and it seals exactly this shape
  return JSON.parse(await unseal(tx, ctx, secretsPlace(message.id), message.secretsSealed)) as Secrets
}
