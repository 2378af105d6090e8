import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { groupByPerson } from '@ledgersync/shared/outreach'
import { type Rendered, renderTemplate } from '@ledgersync/shared/template-render'
import type { TemplateKind } from '@ledgersync/shared/templates'
import type { InviteFacts } from '@ledgersync/shared/texts'
import type { Ctx } from '../core/context.ts'
import { groupBy } from '../core/group-by.ts'
import { tell } from '../core/publish.ts'
import { one, type Tx } from '../db/client.ts'
import { clientsTable, invitesTable, messagesTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { askAnew, type WriteAgain } from '../messages/claim.ts'
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
  /** By which channel, where that is not the one of all. */
  channel?: Channel
}

/** In whose name a message speaks, for what, and with which words. */
interface Words {
  staffName: string
  purpose: Purpose
  /** Each takes the place of the template in use for its kind, channel and language. */
  templateIds?: readonly string[] | undefined
  /** Messages that the caller takes back, and that nothing of this one comes from. */
  except?: readonly string[]
}

/** Of messages that become one, the first of these that one was: what is asked for and never was stays so. */
const strongest = ['invite', 'reminder', 'reconnect'] as const
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
 * Queues one message with one new link for each channel and address: the first ones of these invites, one that asks to sign in again,
 * or a reminder. They are of one person ({@link byPerson}); of those who share an address, name and clock are the first client's. It
 * takes the place of what waits to go out there by that channel, about these clients or others: nobody gets two at once, and a waiting
 * invitation stays one. Each is written with the chosen template, else the one in use, and names every bank that is missing or wants
 * a new sign-in.
 */
export async function queueInviteMessages(
  tx: Tx,
  ctx: Ctx,
  asked: readonly Asked[],
  { channel: ofAll, ...words }: Words & { channel: Channel },
): Promise<void> {
  const write = writerOf(tx, ctx, words)
  for (const channel of ['sms', 'email'] as const) {
    const reached = asked.filter(({ channel: own = ofAll }) => own === 'both' || own === channel)
    for (const group of byPerson(reached.map((one) => ({ ...one, channel })))) {
      const to = channel === 'sms' ? group[0].client.phone : group[0].client.email
      if (to !== null) await queue(tx, ctx, group, { ...words, channel, to, write })
    }
  }
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

async function queue(
  tx: Tx,
  ctx: Ctx,
  asked: readonly Asked[],
  { to, channel, write, ...words }: Words & Way & { write: Write },
): Promise<void> {
  const first = firstOf(asked)
  const waiting = await holdWaiting(tx, ctx, asked, { channel, to, except: words.except })
  const { joined, apart } = await readWaiting(tx, ctx, waiting, { asked, channel })
  const everybody = [...asked, ...joined]
  const purpose = strongest.find((one) => one === words.purpose || waiting.some((message) => purposeOf(message) === one)) ?? words.purpose
  const { subject, body } = await write(everybody, { channel, purpose })
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
    timeZone: first.client.timeZone,
    ...(subject !== null && { subject }),
    body,
    secrets: { link: path },
  })
  const waitingIds = waiting.map(({ id }) => id)
  await writeEach(tx, ctx, apart, { channel, purpose, except: [...waitingIds, ...(words.except ?? [])] })
  for (const id of waitingIds)
    await moveMessage(tx, ctx, id, { to: 'canceled', from: ['queued'], reason: 'A newer message took its place' })
  for (const { client } of everybody.slice(1)) await tell(tx, ctx, 'invites', client.id)
}

/** What waits to go out to the person by this channel, and what these invites have queued to an address they had before; held. */
async function holdWaiting(
  tx: Tx,
  ctx: Ctx,
  asked: readonly Asked[],
  { channel, to, except = [] }: Way & { except: readonly string[] | undefined },
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
  return rows.filter(({ id }) => !except.includes(id))
}

/**
 * The others whose message waited, and who are still asked: they are in the one that takes its place, or, where they are not to be
 * written to together any more, in one of their own. Who has moved away from its address is left to the clock.
 */
async function readWaiting(
  tx: Tx,
  ctx: Ctx,
  waiting: readonly MessageRow[],
  { asked, channel }: { asked: readonly Asked[]; channel: 'sms' | 'email' },
): Promise<{ joined: Asked[]; apart: Asked[] }> {
  const others = new Map<string, Member & { to: string }>()
  for (const message of waiting)
    for (const member of await membersOf(tx, ctx, message))
      if (asked.every(({ client }) => client.id !== member.clientId)) others.set(member.inviteId, { ...member, to: message.toAddress })
  if (others.size === 0) return { joined: [], apart: [] }
  const open = await tx
    .select({ id: invitesTable.id })
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), inArray(invitesTable.id, [...others.keys()]), isNull(invitesTable.endedAt)))
  const members = [...others.values()].filter(({ inviteId }) => open.some(({ id }) => id === inviteId))
  const found = await readAsked(tx, ctx, members)
  const isSame = ({ client }: Asked): boolean => groupByPerson([firstOf(asked).client, client], channel).length === 1
  const rest = found.filter((one) => !isSame(one))
  const apart = await leaveMoved(tx, ctx, rest, ({ inviteId }) => ({ channel, to: others.get(inviteId)?.to ?? '' }))
  return { joined: found.filter(isSame), apart }
}

/** Those whose address a message is still to; the others are asked anew by the clock, at the one they have. */
async function leaveMoved(tx: Tx, ctx: Ctx, asked: readonly Asked[], wayOf: (one: Asked) => Way): Promise<Asked[]> {
  const isThere = (one: Asked): boolean => {
    const { channel, to } = wayOf(one)
    return (channel === 'sms' ? one.client.phone : one.client.email)?.toLowerCase() === to.toLowerCase()
  }
  const moved = asked.filter((one) => !isThere(one))
  await askAnew(
    tx,
    ctx,
    moved.map(({ client }) => client.id),
  )
  return asked.filter(isThere)
}

/** Queues a message for each person among these, in the name of whoever made the first invite. */
async function writeEach(tx: Tx, ctx: Ctx, asked: readonly Asked[], words: Omit<Words, 'staffName'> & Pick<Way, 'channel'>): Promise<void> {
  for (const person of byPerson(asked.map((one) => ({ ...one, channel: words.channel })))) {
    const staffName = await readSenderName(tx, ctx, person[0].inviteId)
    await queueInviteMessages(tx, ctx, person, { ...words, staffName })
  }
}

type Write = (asked: readonly Asked[], way: { channel: 'sms' | 'email'; purpose: Purpose }) => Promise<Rendered>

/** Says what a message about clients of one person says now. What it is about, and the templates, are read once for all channels. */
export function writerOf(tx: Tx, ctx: Ctx, { staffName, templateIds }: Pick<Words, 'staffName' | 'templateIds'>): Write {
  const facts = new Map<string, InviteFacts>()
  let templateOf: Awaited<ReturnType<typeof readTemplates>> | undefined
  return async (asked, { channel, purpose }) => {
    const clients = asked.map(({ client }) => client)
    const who = clients.map(({ id }) => id).join()
    const about = facts.get(who) ?? (await readInviteFacts(tx, ctx, clients, staffName))
    facts.set(who, about)
    templateOf ??= await readTemplates(tx, ctx, templateIds)
    return renderTemplate(templateOf({ kind: templateKinds[purpose], channel, language: about.language }), about)
  }
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
  const { id, channel, toAddress: to } = message
  const asked = await leaveMoved(tx, ctx, await readAsked(tx, ctx, left), () => ({ channel, to }))
  await writeEach(tx, ctx, asked, { channel, purpose: purposeOf(message), except: [id] })
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
