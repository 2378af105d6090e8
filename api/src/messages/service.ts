import { and, asc, desc, eq, inArray, type SQL } from 'drizzle-orm'
import type { Language } from '@ledgersync/shared/common'
import type { Message } from '@ledgersync/shared/messages'
import { getVisibleClient } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import { seal } from '../core/crypto.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientsTable, messageEventsTable, messagesTable } from '../db/schema/clients.ts'
import { nextTextTime } from './quiet-hours.ts'
import { enqueueDelivery, type MessageRow, moveMessage } from './state.ts'

export interface MessageToQueue {
  purpose: MessageRow['purpose']
  channel: MessageRow['channel']
  clientId?: string
  staffId?: string
  inviteId?: string
  linkId?: string
  to: string
  /** E-mail only. */
  subject?: string
  /** Of the words; else the client's. */
  language?: Language
  /** `[link]` and `[code]` stand where the secrets go. */
  body: string
  /** `link` is a path such as `/i/TOKEN`; the origin is added when it is sent and never stored. */
  secrets?: { link?: string; code?: string }
}

/**
 * Codes, links and notices about somebody's own sign-in, and templates they send to themselves, are of use for minutes and asked for
 * by the person: they neither wait for the morning nor count against the daily limit.
 */
export const codePurposes: readonly MessageRow['purpose'][] = ['verification', 'claim_code', 'template_test']
export const isCode = (purpose: MessageRow['purpose']): boolean => codePurposes.includes(purpose)

/** Where the sealed secrets of a message stand. */
export const secretsPlace = (messageId: string) => ({ table: 'messages', column: 'secrets_sealed', rowId: messageId })

/**
 * Writes a message and its job in the caller's transaction; it is sent once that commits. A text outside 08:00 to 21:00 of the
 * client's time zone waits, and `notBefore` says until when. Answers the message's id.
 */
export async function queueMessage(tx: Tx, ctx: Ctx, message: MessageToQueue): Promise<string> {
  const now = ctx.deps.now()
  const id = newId()
  const { purpose, channel, clientId, staffId, inviteId, linkId, to, subject, language, body, secrets = {} } = message
  const notBefore = channel === 'sms' && !isCode(purpose) && clientId !== undefined ? await textTime(tx, ctx, clientId, now) : null
  const secretsSealed = Object.keys(secrets).length === 0 ? null : await seal(tx, ctx, secretsPlace(id), JSON.stringify(secrets))
  await tx.insert(messagesTable).values({
    firmId: ctx.firmId,
    id,
    purpose,
    channel,
    clientId: clientId ?? null,
    staffId: staffId ?? null,
    inviteId: inviteId ?? null,
    linkId: linkId ?? null,
    toAddress: to,
    subject: subject ?? null,
    language: language ?? null,
    body,
    secretsSealed,
    state: 'queued',
    reason: null,
    notBefore,
    createdAt: now,
  })
  await tx.insert(messageEventsTable).values({ firmId: ctx.firmId, id: newId(), messageId: id, state: 'queued', reason: null, at: now })
  await enqueueDelivery(tx, ctx, id, isCode(purpose) ? 'urgent' : notBefore)
  if (clientId !== undefined) await publish(tx, ctx, 'invites', clientId)
  return id
}

async function textTime(tx: Tx, ctx: Ctx, clientId: string, now: Date): Promise<Date | null> {
  const where = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId))
  const { timeZone } = one(await tx.select({ timeZone: clientsTable.timeZone }).from(clientsTable).where(where))
  const opening = ctx.deps.quietHours ? nextTextTime(now, timeZone) : now
  return opening > now ? opening : null
}

/**
 * Holds the client's messages that have not been handed over yet, for whoever is about to end invites: a delivery locks its
 * message first and then the invite, and so must everybody.
 */
export async function holdMessages(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  await tx
    .select({ id: messagesTable.id })
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), eq(messagesTable.clientId, clientId), eq(messagesTable.state, 'queued')))
    .orderBy(messagesTable.id)
    .for('update')
}

/** Cancels the messages of these invites that have not been handed over yet. Call {@link holdMessages} before the invites end. */
export async function cancelMessages(tx: Tx, ctx: Ctx, inviteIds: readonly string[], reason: string): Promise<void> {
  if (inviteIds.length === 0) return
  const waiting = await tx
    .select({ id: messagesTable.id })
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), inArray(messagesTable.inviteId, [...inviteIds]), eq(messagesTable.state, 'queued')))
  for (const { id } of waiting) await moveMessage(tx, ctx, id, { to: 'canceled', from: ['queued'], reason })
}

const listMax = 100

/** The newest hundred messages to a client, newest first. */
export async function listMessages(ctx: Ctx, clientId: string): Promise<Message[]> {
  return withFirm(
    ctx,
    async (tx) => {
      const client = await getVisibleClient(tx, ctx, clientId)
      const rows = await selectMessages(tx, ctx, eq(messagesTable.clientId, client.id), listMax)
      return rows.map(({ inviteId: _inviteId, ...message }) => message)
    },
    'read',
  )
}

/** Messages with their whole history, newest first: two queries, however many there are. */
export async function selectMessages(tx: Tx, ctx: Ctx, where: SQL, limit: number): Promise<(Message & { inviteId: string | null })[]> {
  const rows = await tx
    .select()
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), where))
    .orderBy(desc(messagesTable.createdAt), desc(messagesTable.id))
    .limit(limit)
  const ids = rows.map((row) => row.id)
  const events =
    ids.length === 0
      ? []
      : await tx
          .select()
          .from(messageEventsTable)
          .where(and(eq(messageEventsTable.firmId, ctx.firmId), inArray(messageEventsTable.messageId, ids)))
          .orderBy(asc(messageEventsTable.at), asc(messageEventsTable.id))
  const byMessage = new Map<string, typeof events>()
  for (const event of events) byMessage.set(event.messageId, [...(byMessage.get(event.messageId) ?? []), event])
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    to: row.toAddress,
    body: row.body,
    state: row.state,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
    notBefore: row.notBefore?.toISOString() ?? null,
    history: (byMessage.get(row.id) ?? []).map((event) => ({ state: event.state, at: event.at.toISOString(), reason: event.reason })),
    inviteId: row.inviteId,
  }))
}
