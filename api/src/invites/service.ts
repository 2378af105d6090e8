import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Client, ClientCreate } from '@ledgersync/shared/clients'
import type { Invite, InviteCreate, InviteCreated } from '@ledgersync/shared/invites'
import { shownInvite } from '../clients/invite-state.ts'
import { optedOutPhones } from '../clients/opt-outs.ts'
import { readClient } from '../clients/queries.ts'
import { insertClient } from '../clients/service.ts'
import { getVisibleClient, keepClients } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { inviteMessagesView, invitesTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { ofInvites } from '../messages/members.ts'
import { holdMessages, holdPeople, selectMessages } from '../messages/service.ts'
import { mintLink } from './links.ts'
import { type ClientValues, queueInviteMessages, withdrawMessages } from './outgoing.ts'
import { holdClient } from './reach.ts'
import { insertInviteRows, type Invited } from './rows.ts'

type Channel = InviteCreate['channel']

const unavailable = (field: string, message: string): AppError =>
  new AppError('channel_unavailable', message, { fields: [{ field, message }] })

/** A channel needs its address; `field` names the one that is missing. */
function checkAddresses(client: ClientValues, channel: Channel): void {
  const byText = channel === 'sms' || channel === 'both'
  const byEmail = channel === 'email' || channel === 'both'
  if (byText && client.phone === null) throw unavailable('body.phone', 'A text needs the cell phone of the client.')
  if (byEmail && client.email === null) throw unavailable('body.email', 'An e-mail needs the address of the client.')
}

interface NewInvites {
  channel: Channel
  staffId: string
  /** `repair` asks for nothing but a new sign-in. */
  kind?: 'connect' | 'repair'
}

/**
 * Makes a new invite in the caller's transaction: supersedes older ones and queues one message with a link of its own per channel.
 * `copy` queues nothing and answers the path of its link. Throws `email_unverified`, `client_locked`, `channel_unavailable`, `opted_out`.
 */
async function insertInvite(tx: Tx, ctx: Ctx, clientId: string, { kind = 'connect', ...invite }: NewInvites): Promise<Made> {
  const client = await holdClient(tx, ctx, clientId)
  if (client === undefined) throw notFound('client')
  return insertInvites(tx, ctx, [{ client, kind }], invite)
}

interface Made {
  /** Of the first client. */
  inviteId: string
  path: string | null
}

/**
 * {@link insertInvite} for held clients (`holdClients`) of one person (`groupByPerson`), who gets one message per channel and address,
 * with one link, about all of them that have it. `templateIds`: chosen in place of the templates in use.
 */
export async function insertInvites(
  tx: Tx,
  ctx: Ctx,
  invited: readonly Invited[],
  { channel, staffId, templateIds }: Omit<NewInvites, 'kind'> & { templateIds?: readonly string[] },
): Promise<Made> {
  const sender = await readSender(tx, ctx, staffId)
  for (const { client, channel: own = channel } of invited) await checkInvite(tx, ctx, client, own)
  const asked = await insertInviteRows(tx, ctx, invited, { channel, staffId })
  const [first] = asked
  if (first === undefined) throw new Error('An invite is of at least one client')
  if (channel !== 'copy') {
    const purpose = invited.every(({ kind }) => kind === 'repair') ? 'reconnect' : 'invite'
    await queueInviteMessages(tx, ctx, asked, { channel, staffName: sender.name, purpose, templateIds })
  }
  const members = asked.map(({ client, inviteId }) => ({ clientId: client.id, inviteId }))
  return { inviteId: first.inviteId, path: channel === 'copy' ? (await mintLink(tx, ctx, members)).path : null }
}

async function readSender(tx: Tx, ctx: Ctx, staffId: string): Promise<typeof staffTable.$inferSelect> {
  const sender = one(
    await tx
      .select()
      .from(staffTable)
      .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId))),
  )
  if (sender.emailVerifiedAt === null)
    throw new AppError('email_unverified', 'Verify your own e-mail first: your clients get messages in your name.')
  return sender
}

/** Throws `client_locked`, `channel_unavailable` or `opted_out` where this client cannot be invited so. */
export async function checkInvite(tx: Tx, ctx: Ctx, client: ClientValues, channel: Channel): Promise<void> {
  if (client.lockedAt !== null) throw new AppError('client_locked', 'This client is locked. Unlock it first.')
  checkAddresses(client, channel)
  if (channel === 'sms' && client.phone !== null && (await optedOutPhones(tx, ctx.deps, [client.phone])).size > 0) {
    const message = 'This phone has replied STOP. Send an e-mail instead.'
    throw new AppError('opted_out', message, { fields: [{ field: 'body.channel', message }] })
  }
}

/** Invites a client. `copy` answers the link, once; it is kept nowhere. */
export async function createInvite(ctx: StaffCtx, clientId: string, { channel }: InviteCreate): Promise<InviteCreated> {
  const created = await withFirm(ctx, async (tx) => {
    const client = await getVisibleClient(tx, ctx, clientId)
    const { inviteId, path } = await insertInvite(tx, ctx, client.id, { channel, staffId: ctx.actor.staffId })
    const [invite] = await readInvites(tx, ctx, clientId, inviteId)
    if (invite === undefined) throw new Error('The invite that was just made is not there')
    return { invite, url: path === null ? null : ctx.deps.publicUrl + path }
  })
  ctx.deps.reached('invite.created')
  return created
}

/** Adds a client and, when a channel is chosen, invites them in the same transaction: both or neither. */
export async function createClient(ctx: StaffCtx, input: ClientCreate): Promise<Client> {
  return withFirm(ctx, async (tx) => {
    const client = await insertClient(tx, ctx, input)
    const { invite = 'none' } = input
    if (invite !== 'none') await insertInvite(tx, ctx, client.id, { channel: invite, staffId: ctx.actor.staffId })
    return readClient(tx, ctx, client.id)
  })
}

const listMax = 20

/** The newest twenty invites of a client, newest first, with their messages. */
export async function listInvites(ctx: StaffCtx, clientId: string): Promise<Invite[]> {
  return withFirm(
    ctx,
    async (tx) => {
      const client = await getVisibleClient(tx, ctx, clientId)
      return readInvites(tx, ctx, client.id)
    },
    'read',
  )
}

/** An invite has one message per channel; reminders come on top. */
const messagesMax = listMax * 10

async function readInvites(tx: Tx, ctx: Ctx, clientId: string, inviteId?: string): Promise<Invite[]> {
  const rows = await tx
    .select({ invite: invitesTable, createdBy: staffTable.name })
    .from(invitesTable)
    .innerJoin(staffTable, and(eq(staffTable.firmId, invitesTable.firmId), eq(staffTable.id, invitesTable.createdBy)))
    .where(
      and(
        eq(invitesTable.firmId, ctx.firmId),
        eq(invitesTable.clientId, clientId),
        inviteId === undefined ? undefined : eq(invitesTable.id, inviteId),
      ),
    )
    .orderBy(desc(invitesTable.createdAt), desc(invitesTable.id))
    .limit(listMax)
  const ids = rows.map(({ invite }) => invite.id)
  const owners = await readOwners(tx, ctx, ids)
  const messages = ids.length === 0 ? [] : await selectMessages(tx, ctx, clientId, { where: ofInvites(ctx, ids), limit: messagesMax })
  messages.reverse()
  const now = ctx.deps.now()
  return rows.map(({ invite, createdBy }): Invite => {
    const { state, reason } = shownInvite(invite, now)
    const iso = (at: Date | null): string | null => at?.toISOString() ?? null
    return {
      id: invite.id,
      kind: invite.kind,
      channel: invite.channel,
      state,
      reason,
      createdAt: invite.createdAt.toISOString(),
      createdBy,
      expiresAt: invite.expiresAt.toISOString(),
      remindAsked: invite.remindAsked,
      remindAt: state === 'connected' || state === 'expired' || invite.endedAt !== null ? null : iso(invite.remindAt),
      times: {
        sentAt: iso(invite.sentAt),
        remindedAt: iso(invite.remindedAt),
        statementsAt: iso(invite.statementsAt),
        deliveredAt: iso(invite.deliveredAt),
        openedAt: iso(invite.openedAt),
        startedAt: iso(invite.startedAt),
        bankChosenAt: iso(invite.bankChosenAt),
        connectedAt: iso(invite.connectedAt),
      },
      messages: messages.filter((message) => owners.get(message.id) === invite.id),
    }
  })
}

/** Of which of these invites, which are one client's, each message is: however many clients share it, of each it is one. */
async function readOwners(tx: Tx, ctx: Ctx, inviteIds: readonly string[]): Promise<Map<string, string>> {
  const { firmId, inviteId, messageId } = inviteMessagesView
  const rows = await tx
    .select({ inviteId, messageId })
    .from(inviteMessagesView)
    .where(and(eq(firmId, ctx.firmId), inArray(inviteId, [...inviteIds])))
  return new Map(rows.map((row) => [row.messageId, row.inviteId]))
}

/** Ends an invite: its links stop working at once, and what was not sent is not sent. One that has ended is a `conflict`. */
export async function revokeInvite(ctx: StaffCtx, { clientId, inviteId }: { clientId: string; inviteId: string }): Promise<void> {
  await withFirm(ctx, async (tx) => {
    const client = await getVisibleClient(tx, ctx, clientId)
    await holdPeople(tx, ctx, [clientId])
    await keepClients(tx, ctx, sql`(${clientId})`)
    await holdMessages(tx, ctx, [clientId])
    const mine = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, client.id), eq(invitesTable.id, inviteId))
    const [revoked] = await tx
      .update(invitesTable)
      .set({ state: 'revoked', endedAt: ctx.deps.now() })
      .where(and(mine, isNull(invitesTable.endedAt)))
      .returning()
    if (revoked === undefined) {
      const [invite] = await tx.select({ id: invitesTable.id }).from(invitesTable).where(mine)
      throw invite === undefined ? notFound('invite') : new AppError('conflict', 'This invite has ended already.')
    }
    await withdrawMessages(tx, ctx, [inviteId], 'The invite was revoked')
    await recordAudit(tx, ctx, 'invite.revoked', { id: inviteId, clientId })
    await publish(tx, ctx, 'invites', clientId)
    await publish(tx, ctx, 'clients', clientId)
  })
}
