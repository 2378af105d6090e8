import { and, eq, gte, inArray, isNotNull, lte, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { unseal } from '../core/crypto.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { webhookWaitsFor } from '../db/global.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { messageEventsTable, messagesTable } from '../db/schema/clients.ts'
import type { About } from './about.ts'
import type { Secrets } from './compose.ts'
import { eventsExpectedUntil } from './listening.ts'
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
const minuteMs = 60_000
/** A doubtful e-mail is decided after this long by the events that came or did not. */
const eventsAfterMs = 15 * minuteMs
/** Most mail is delivered, and told to be, within this. */
const deliveryMs = 2 * minuteMs
/** A send whose outcome cannot be found out is given up after this long and stays `unknown`. */
const doubtMaxMs = 24 * 60 * 60_000
const smsAttemptsMax = 5
/** An e-mail of unknown outcome is sent once more, never twice. */
const emailAttemptsMax = 2

/** What this job run is to do: send, or first look whether it went. Whoever holds it holds the lease. */
export type Claimed = Sending | { kind: 'look'; message: MessageRow; secrets: Secrets }
export interface Sending {
  kind: 'send'
  message: MessageRow
  secrets: Secrets
  about: About
}

/** Queues a message of the same kind for those of its invites that are left; the caller takes this one back. */
export type WriteAgain = (tx: Tx, ctx: Ctx, message: MessageRow, left: readonly Member[]) => Promise<void>

/** Takes the message for this run, or null when there is nothing to do now: finished, waiting, or in another's hands. */
export function claimMessage(ctx: Ctx, messageId: string, writeAgain: WriteAgain): Promise<Claimed | null> {
  return withFirm(ctx, async (tx) => {
    const message = await holdMessage(tx, ctx, messageId)
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

/** The message, held; of one that waits to go to somebody with several clients, the person first. */
async function holdMessage(tx: Tx, ctx: Ctx, messageId: string): Promise<MessageRow | undefined> {
  const { firmId, id, isShared, state, toAddress } = messagesTable
  const mine = and(eq(firmId, ctx.firmId), eq(id, messageId))
  const ofSeveral = and(eq(isShared, true), eq(state, 'queued'))
  const hold = async (which: SQL | undefined) => (await tx.select().from(messagesTable).where(and(mine, which)).for('update'))[0]
  // Of one client, as nearly all are
  const message = await hold(sql`not (${ofSeveral})`)
  if (message !== undefined) return message
  const [waiting] = await tx.select({ toAddress }).from(messagesTable).where(and(mine, ofSeveral))
  if (waiting !== undefined) await holdPerson(tx, ctx, waiting.toAddress)
  return hold(undefined)
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
  if (message.channel === 'email') return claimDoubtfulEmail(tx, ctx, doubtful, now)
  const leased = await lease(tx, ctx, doubtful, new Date(now.getTime() + leaseMs))
  return { kind: 'look', message: leased, secrets: await readSecrets(tx, ctx, leased) }
}

/**
 * Mail cannot be looked up. When other mail's events arrive and this one's do not, it was never taken: it goes once more. An event
 * that is stored says first what it has to say; and one may still come after nobody was there to take it, or as long as others of the
 * same time are missing, too.
 */
async function claimDoubtfulEmail(tx: Tx, ctx: Ctx, message: MessageRow, now: Date): Promise<Claimed | null> {
  if (await webhookWaitsFor(tx, message.id)) return lookAgain(tx, ctx, message, new Date(now.getTime() + minuteMs))
  if (message.attempts >= emailAttemptsMax) return giveUp(tx, ctx, message)
  const expected = await eventsExpectedUntil(tx, message.firstAttemptAt ?? message.createdAt, now, eventsAfterMs)
  if (expected !== null && expected > now) return lookAgain(tx, ctx, message, expected)
  switch (await readEvents(tx, ctx, message)) {
    case 'none':
      return giveUp(tx, ctx, message)
    case 'some':
      return lookAgain(tx, ctx, message, new Date(now.getTime() + eventsAfterMs))
    case 'all':
      return beginSending(tx, ctx, message)
  }
}

/** Leaves it in doubt until then. */
async function lookAgain(tx: Tx, ctx: Ctx, message: MessageRow, until: Date): Promise<null> {
  await setLease(tx, ctx, message, until)
  return wait(tx, ctx, message, until)
}

/**
 * What the mail service has told us since this mail was tried: nothing of any delivery, or of other mail that it took around the same
 * time of less than half ('some': it keeps what an API that is down does not take, and repeats it for a day), or of more.
 */
async function readEvents(tx: Tx, ctx: Ctx, message: MessageRow): Promise<'none' | 'some' | 'all'> {
  const attemptedAt = message.firstAttemptAt ?? message.createdAt
  const around = (ms: number): string => new Date(attemptedAt.getTime() + ms).toISOString()
  const { firmId, channel, providerId, firstAttemptAt, state } = messagesTable
  const isToldOf = sql`${state} in ('delivered', 'failed')`
  const [found] = await tx
    .select({
      any: sql<boolean>`exists (select from ${messageEventsTable} e join ${messagesTable} m on m.firm_id = e.firm_id and m.id = e.message_id
        where e.firm_id = ${ctx.firmId} and e.state = 'delivered' and e.at > ${around(0)} and m.channel = 'email' and m.provider_id is not null)`,
      told: sql<number>`(count(*) filter (where ${isToldOf}))::int`,
      untold: sql<number>`(count(*) filter (where not ${isToldOf}))::int`,
    })
    .from(messagesTable)
    .where(
      and(
        eq(firmId, ctx.firmId),
        eq(channel, 'email'),
        isNotNull(providerId),
        gte(firstAttemptAt, new Date(around(-eventsAfterMs))),
        lte(firstAttemptAt, new Date(around(eventsAfterMs - deliveryMs))),
      ),
    )
  if (found?.any !== true) return 'none'
  return found.untold > found.told ? 'some' : 'all'
}

/**
 * Checks what stands against it, then takes the lease and counts the attempt. The job that does so is tried again where its process
 * dies before it has recorded what came of it.
 */
export async function beginSending(tx: Tx, ctx: Ctx, message: MessageRow): Promise<Sending | null> {
  const now = ctx.deps.now()
  const from: MessageState[] = [message.state]
  const { about, obstacle } = await findObstacle(tx, ctx, message, message.firstAttemptAt !== null)
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
  if (!(await moveMessage(tx, ctx, message.id, { to: 'sending', from, set }))) return null
  return { kind: 'send', message: { ...message, ...set, state: 'sending', reason: null }, secrets, about }
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
  const [kept] = await withFirm(ctx, (tx) => tx.update(messagesTable).set({ leaseUntil }).where(mine).returning())
  return kept ?? null
}

/** Records that nobody knows whether it went, and when to decide. Null when the answer has come meanwhile. */
export async function recordDoubt(tx: Tx, ctx: Ctx, message: MessageRow, attemptedAt: Date): Promise<MessageRow | null> {
  const afterMs = message.channel === 'sms' ? lookAfterMs : eventsAfterMs
  const leaseUntil = new Date(attemptedAt.getTime() + afterMs)
  const reason = 'The answer was lost; checking whether it went'
  const move = { to: 'unknown', from: ['sending'], leasedUntil: message.leaseUntil, reason, set: { leaseUntil } } as const
  if (!(await moveMessage(tx, ctx, message.id, move))) return null
  if (leaseUntil > ctx.deps.now()) await enqueueDelivery(tx, ctx, message.id, leaseUntil)
  return { ...message, state: 'unknown', reason, leaseUntil }
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

async function setLease(tx: Tx, ctx: Ctx, message: MessageRow, leaseUntil: Date): Promise<void> {
  await tx
    .update(messagesTable)
    .set({ leaseUntil })
    .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.id, message.id), eq(messagesTable.state, message.state)))
}

async function lease(tx: Tx, ctx: Ctx, message: MessageRow, leaseUntil: Date): Promise<MessageRow> {
  await setLease(tx, ctx, message, leaseUntil)
  await enqueueDelivery(tx, ctx, message.id, leaseUntil)
  return { ...message, leaseUntil }
}

async function readSecrets(tx: Tx, ctx: Ctx, message: MessageRow): Promise<Secrets> {
  if (message.secretsSealed === null) return {}
  // Only queueMessage seals here, and it seals exactly this shape
  return JSON.parse(await unseal(tx, ctx, secretsPlace(message.id), message.secretsSealed)) as Secrets
}
