import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { groupByPerson } from '@ledgersync/shared/outreach'
import { type Rendered, renderTemplate } from '@ledgersync/shared/template-render'
import type { TemplateKind } from '@ledgersync/shared/templates'
import type { Ctx } from '../core/context.ts'
import { groupBy } from '../core/group-by.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx } from '../db/client.ts'
import { clientsTable, invitesTable, messagesTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import type { WriteAgain } from '../messages/claim.ts'
import { type Member, membersOf, ofInvites } from '../messages/members.ts'
import { queueMessage } from '../messages/service.ts'
import { type MessageRow, moveMessage } from '../messages/state.ts'
import { readTemplates } from '../messages/words.ts'
import { readInviteFacts } from './facts.ts'
import { mintLink } from './links.ts'

export type ClientValues = typeof clientsTable.$inferSelect
export type InviteValues = typeof invitesTable.$inferSelect
type Channel = InviteValues['channel']
type MessageChannel = Exclude<Channel, 'copy'>
type Purpose = 'invite' | 'reconnect' | 'reminder'

/** An invite and its client. */
export interface Asked {
  client: ClientValues
  inviteId: string
}

/** In whose name a message speaks, for what, and with which words. */
interface Words {
  staffName: string
  purpose: Purpose
  /** Each takes the place of the template in use for its kind, channel and language. */
  templateIds?: readonly string[] | undefined
  /** A message that the caller takes back, and that nothing of this one comes from. */
  except?: string
}

const templateKinds: Record<Purpose, TemplateKind> = { invite: 'invitation', reconnect: 'reconnect', reminder: 'reminder' }

/** The rows of each person together (`groupByPerson`), where each is to be written to by its own channel. */
export function byPerson<T extends { client: ClientValues; channel: MessageChannel }>(rows: readonly T[]): [T, ...T[]][] {
  const groups = [...groupBy(rows, ({ channel }) => channel).values()].flatMap((ofChannel) => {
    const addressed = ofChannel.map((row) => ({
      id: row.client.id,
      phone: row.client.phone,
      email: row.client.email,
      language: row.client.language,
      row,
    }))
    return groupByPerson(addressed, ofChannel[0].channel)
  })
  return groups.flatMap(([first, ...others]): [T, ...T[]][] => (first === undefined ? [] : [[first.row, ...others.map(({ row }) => row)]]))
}

/**
 * Queues one message with one new link for each channel: the first ones of these invites, one that asks to sign in again, or a
 * reminder. They are of one person ({@link byPerson}), whose name and clock are those of the first client. It takes the place of
 * what waits to go out to that person by that channel, about these clients or others: nobody gets two at once, and a waiting
 * invitation stays one. Each is written with the chosen template, else the one in use, and names every bank that is missing or wants
 * a new sign-in.
 */
export async function queueInviteMessages(
  tx: Tx,
  ctx: Ctx,
  asked: readonly Asked[],
  { channel, ...words }: Words & { channel: Channel },
): Promise<void> {
  const { phone, email } = firstOf(asked).client
  if (channel !== 'email' && phone !== null) await queue(tx, ctx, asked, { ...words, channel: 'sms', to: phone })
  if (channel !== 'sms' && email !== null) await queue(tx, ctx, asked, { ...words, channel: 'email', to: email })
}

function firstOf(asked: readonly Asked[]): Asked {
  const [first] = asked
  if (first === undefined) throw new Error('A message is about at least one client')
  return first
}

interface Way {
  channel: 'sms' | 'email'
  to: string
}

async function queue(tx: Tx, ctx: Ctx, asked: readonly Asked[], { to, channel, ...words }: Words & Way): Promise<void> {
  const first = firstOf(asked)
  const waiting = await holdWaiting(tx, ctx, asked, { channel, to, except: words.except })
  const everybody = [...asked, ...(await readWaiting(tx, ctx, waiting, { asked, channel }))]
  const purpose = waiting.some((message) => message.purpose === 'invite') ? 'invite' : words.purpose
  const { subject, body } = await writeWords(tx, ctx, everybody, { ...words, channel, purpose })
  const members = everybody.map(({ client, inviteId }) => ({ clientId: client.id, inviteId }))
  const { linkId, path } = await mintLink(tx, ctx, members)
  await queueMessage(tx, ctx, {
    purpose,
    channel,
    clientId: first.client.id,
    inviteId: first.inviteId,
    linkId,
    isShared: everybody.length > 1,
    to,
    language: first.client.language,
    ...(subject !== null && { subject }),
    body,
    secrets: { link: path },
  })
  for (const { id } of waiting)
    await moveMessage(tx, ctx, id, { to: 'canceled', from: ['queued'], reason: 'A newer message took its place' })
  for (const { client } of everybody.slice(1)) await publish(tx, ctx, 'invites', client.id)
}

/** What waits to go out to the person by this channel, and what these invites have queued to an address they had before; held. */
async function holdWaiting(
  tx: Tx,
  ctx: Ctx,
  asked: readonly Asked[],
  { channel, to, except }: Way & { except: string | undefined },
): Promise<MessageRow[]> {
  const inviteIds = asked.map(({ inviteId }) => inviteId)
  const found = sql`${messagesTable.id} in (
    select id from messages where firm_id = ${ctx.firmId} and to_address = ${to} and language = ${firstOf(asked).client.language} and state = 'queued'
    union all select message_id from invite_messages where firm_id = ${ctx.firmId} and invite_id = any (${sql.param(inviteIds)}::uuid[]))`
  const rows = await tx
    .select()
    .from(messagesTable)
    .where(
      and(
        eq(messagesTable.firmId, ctx.firmId),
        found,
        eq(messagesTable.state, 'queued'),
        eq(messagesTable.channel, channel),
        inArray(messagesTable.purpose, ['invite', 'reconnect', 'reminder']),
      ),
    )
    .orderBy(messagesTable.id)
    .for('update')
  return rows.filter(({ id }) => id !== except)
}

/** The others whose message waited, and who are still asked: they are in the one that takes its place. */
async function readWaiting(
  tx: Tx,
  ctx: Ctx,
  waiting: readonly MessageRow[],
  { asked, channel }: { asked: readonly Asked[]; channel: 'sms' | 'email' },
): Promise<Asked[]> {
  const others = new Map<string, Member>()
  for (const message of waiting)
    for (const member of await membersOf(tx, ctx, message))
      if (asked.every(({ client }) => client.id !== member.clientId)) others.set(member.inviteId, member)
  if (others.size === 0) return []
  const open = await tx
    .select({ id: invitesTable.id })
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), inArray(invitesTable.id, [...others.keys()]), isNull(invitesTable.endedAt)))
  const members = [...others.values()].filter(({ inviteId }) => open.some(({ id }) => id === inviteId))
  return (await readAsked(tx, ctx, members)).filter(({ client }) => groupByPerson([firstOf(asked).client, client], channel).length === 1)
}

/** What a message about these clients of one person says now. */
export async function writeWords(
  tx: Tx,
  ctx: Ctx,
  asked: readonly Asked[],
  { channel, staffName, purpose, templateIds }: Words & { channel: 'sms' | 'email' },
): Promise<Rendered> {
  const clients = asked.map(({ client }) => client)
  const facts = await readInviteFacts(tx, ctx, clients, staffName)
  const templateOf = await readTemplates(tx, ctx, templateIds)
  return renderTemplate(templateOf({ kind: templateKinds[purpose], channel, language: facts.language }), facts)
}

/**
 * Takes back what these invites have queued. A message that others of the same person share goes to them anew, without these. Call
 * `holdMessages` before the invites end, and this once they have.
 */
export async function withdrawMessages(tx: Tx, ctx: Ctx, inviteIds: readonly string[], reason: string): Promise<void> {
  if (inviteIds.length === 0) return
  const waiting = await tx
    .select()
    .from(messagesTable)
    .where(and(eq(messagesTable.firmId, ctx.firmId), ofInvites(ctx, inviteIds), eq(messagesTable.state, 'queued')))
    .orderBy(messagesTable.id)
  for (const message of waiting) {
    const left = (await membersOf(tx, ctx, message)).filter(({ inviteId }) => !inviteIds.includes(inviteId))
    if (left.length > 0) await writeAgain(tx, ctx, message, left)
    await moveMessage(tx, ctx, message.id, { to: 'canceled', from: ['queued'], reason })
  }
}

/** The same message for those of its invites that are left, in the same name. */
export const writeAgain: WriteAgain = async (tx, ctx, message, left) => {
  const addressOf = ({ client }: Asked): string | undefined => (message.channel === 'sms' ? client.phone : client.email)?.toLowerCase()
  const asked = (await readAsked(tx, ctx, left)).filter((one) => addressOf(one) === message.toAddress.toLowerCase())
  const [first] = asked
  if (first === undefined) return
  const staffName = await readSenderName(tx, ctx, first.inviteId)
  await queueInviteMessages(tx, ctx, asked, { channel: message.channel, staffName, purpose: purposeOf(message), except: message.id })
}

/** In whose name an invite goes out. */
export async function readSenderName(tx: Tx, ctx: Ctx, inviteId: string): Promise<string> {
  const { name } = one(
    await tx
      .select({ name: staffTable.name })
      .from(invitesTable)
      .innerJoin(staffTable, and(eq(staffTable.firmId, invitesTable.firmId), eq(staffTable.id, invitesTable.createdBy)))
      .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, inviteId))),
  )
  return name
}

/** What kind of message about an invite it is. */
export const purposeOf = ({ purpose }: MessageRow): Purpose => (purpose === 'reconnect' || purpose === 'reminder' ? purpose : 'invite')

/** The clients of these invites as they stand, in this order; without those that are gone. */
export async function readAsked(tx: Tx, ctx: Ctx, members: readonly Member[]): Promise<Asked[]> {
  const ids = members.map(({ clientId }) => clientId)
  const rows = await tx
    .select()
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), inArray(clientsTable.id, ids)))
  const byId = new Map(rows.map((client) => [client.id, client]))
  return members.flatMap(({ clientId, inviteId }) => {
    const client = byId.get(clientId)
    return client === undefined ? [] : [{ client, inviteId }]
  })
}
