import { and, asc, desc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Language } from '@ledgersync/shared/common'
import type { Message } from '@ledgersync/shared/messages'
import { getVisibleClient, visibleClient } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import { seal } from '../core/crypto.ts'
import { newId } from '../core/ids.ts'
import { tell } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { messageEventsTable, messagesTable } from '../db/schema/clients.ts'
import { toClients } from './members.ts'
import { nextTextTime } from './quiet-hours.ts'
import { enqueueDelivery, type MessageRow, withHistory } from './state.ts'

export interface MessageToQueue {
  purpose: MessageRow['purpose']
  channel: MessageRow['channel']
  clientId?: string
  staffId?: string
  inviteId?: string
  linkId?: string
  /** The link stands for further invites. */
  isShared?: boolean
  to: string
  /** E-mail only. */
  subject?: string
  /** Of the words; else the client's. */
  language?: Language
  /** Of the person: a text waits for their morning. */
  timeZone?: string
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
  const {
    purpose,
    channel,
    clientId,
    staffId,
    inviteId,
    linkId,
    isShared = false,
    to,
    subject,
    language,
    timeZone,
    body,
    secrets = {},
  } = message
  const notBefore = channel === 'sms' && timeZone !== undefined ? textTime(ctx, timeZone, now) : null
  const secretsSealed = Object.keys(secrets).length === 0 ? null : await seal(tx, ctx, secretsPlace(id), JSON.stringify(secrets))
  const row = {
    firmId: ctx.firmId,
    id,
    purpose,
    channel,
    clientId: clientId ?? null,
    staffId: staffId ?? null,
    inviteId: inviteId ?? null,
    linkId: linkId ?? null,
    isShared,
    toAddress: to,
    subject: subject ?? null,
    language: language ?? null,
    body,
    secretsSealed,
    state: 'queued' as const,
    reason: null,
    notBefore,
    createdAt: now,
  }
  const insert = tx.insert(messagesTable).values(row).returning({ id: messagesTable.id })
  await tx.execute(withHistory(ctx, insert, { messageId: id, state: row.state, reason: null, at: now }))
  await enqueueDelivery(tx, ctx, id, isCode(purpose) ? 'urgent' : notBefore)
  if (clientId !== undefined) await tell(tx, ctx, 'invites', clientId)
  return id
}

function textTime(ctx: Ctx, timeZone: string, now: Date): Date | null {
  const opening = ctx.deps.quietHours ? nextTextTime(now, timeZone) : now
  return opening > now ? opening : null
}

/**
 * Holds the people whom these clients belong to, before the clients themselves: of several who write to one person at the same time,
 * by whichever of their clients, one goes on, and the next ones then see the message that waits. A message of one client may be
 * written anew for the others, and whoever does that must find none of them held by somebody who waits for that message.
 */
export async function holdPeople(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<void> {
  await tx.execute(sql`select ${holdAddress(ctx, sql`p.address`)} from (
    select distinct lower(a.address) as address from clients c cross join lateral (values (c.phone), (c.email)) a (address)
    where c.firm_id = ${ctx.firmId} and c.id = any (${sql.param(clientIds)}::uuid[]) and a.address is not null order by address) p`)
}

/** As {@link holdPeople}, of a message by its address. */
export async function holdPerson(tx: Tx, ctx: Ctx, address: string): Promise<void> {
  await tx.execute(sql`select ${holdAddress(ctx, sql`lower(${address}::text)`)}`)
}

const holdAddress = (ctx: Ctx, address: SQL): SQL =>
  sql`pg_advisory_xact_lock(hashtextextended(${`person:${ctx.firmId}:`}::text || ${address}, 0))`

/**
 * Holds the clients' messages that have not been handed over yet, for whoever is about to end invites: a delivery locks its
 * message first and then the invite, and so must everybody.
 */
export async function holdMessages(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<void> {
  await tx
    .select({ id: messagesTable.id })
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), toClients(ctx, clientIds), eq(messagesTable.state, 'queued')))
    .orderBy(messagesTable.id)
    .for('update')
}

const listMax = 100

/** The newest hundred messages to a client, newest first. */
export async function listMessages(ctx: Ctx, clientId: string): Promise<Message[]> {
  return withFirm(
    ctx,
    async (tx) => {
      const client = await getVisibleClient(tx, ctx, clientId)
      return selectMessages(tx, ctx, client.id, { where: toClients(ctx, [client.id]), limit: listMax })
    },
    'read',
  )
}

/** Messages to a client with their whole history, newest first: a few queries, however many there are. */
export async function selectMessages(
  tx: Tx,
  ctx: Ctx,
  clientId: string,
  { where, limit }: { where: SQL; limit: number },
): Promise<Message[]> {
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
  const shared = await readShared(tx, ctx, { clientId, messageIds: rows.filter(({ isShared }) => isShared).map(({ id }) => id) })
  const byMessage = new Map<string, typeof events>()
  for (const event of events) byMessage.set(event.messageId, [...(byMessage.get(event.messageId) ?? []), event])
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    to: row.toAddress,
    body: shared.hidden.has(row.id) ? hiddenBody : row.body,
    state: row.state,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
    notBefore: row.notBefore?.toISOString() ?? null,
    alsoAbout: shared.others.get(row.id) ?? [],
    history: (byMessage.get(row.id) ?? []).map((event) => ({ state: event.state, at: event.at.toISOString(), reason: event.reason })),
  }))
}

const hiddenBody = 'This message is also about clients that you do not look after, so its words are not shown.'

interface SharedRow extends Record<string, unknown> {
  messageId: string
  clientId: string
  businessName: string
  isVisible: boolean
}

/** Whom else these messages are about, and which of them name a client that the reader may not see. */
async function readShared(
  tx: Tx,
  ctx: Ctx,
  { clientId, messageIds }: { clientId: string; messageIds: readonly string[] },
): Promise<{ others: Map<string, Message['alsoAbout']>; hidden: Set<string> }> {
  const others = new Map<string, Message['alsoAbout']>()
  const hidden = new Set<string>()
  if (messageIds.length === 0) return { others, hidden }
  const { rows } = await tx.execute<SharedRow>(sql`
    select v.message_id as "messageId", c.id as "clientId", c.business_name as "businessName", (${visibleClient(ctx, sql`c.id`)}) as "isVisible"
    from invite_messages v join clients c on c.firm_id = v.firm_id and c.id = v.client_id
    where v.firm_id = ${ctx.firmId} and v.message_id = any (${sql.param(messageIds)}::uuid[]) and c.id <> ${clientId}
    order by c.business_name, c.id`)
  for (const { messageId, isVisible, ...other } of rows) {
    if (isVisible) others.set(messageId, [...(others.get(messageId) ?? []), { clientId: other.clientId, businessName: other.businessName }])
    else hidden.add(messageId)
  }
  return { others, hidden }
}
