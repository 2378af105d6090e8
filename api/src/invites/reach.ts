import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import { isEmailOptedOut, optedOutPhones } from '../clients/opt-outs.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable, invitesTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { holdMessages, holdPeople } from '../messages/service.ts'
import { type ClientValues, type InviteValues, queueInviteMessages } from './outgoing.ts'

export type { ClientValues, InviteValues }
type Channel = 'sms' | 'email' | 'both'

/** Whether nobody has done what it asks for, and its links work, or will once its message goes out. */
export const isOpen = ({ state, endedAt, expiresAt }: InviteValues, now: Date): boolean =>
  ['queued', 'sent', 'delivered', 'opened', 'started'].includes(state) && endedAt === null && expiresAt > now

/** {@link holdClients} for one; undefined when it is gone. */
export async function holdClient(tx: Tx, ctx: Ctx, clientId: string): Promise<ClientValues | undefined> {
  return (await holdClients(tx, ctx, [clientId]))[0]
}

/**
 * The clients, in one order for all, held with what waits to go out to them before anything of their invites, as by whoever supersedes
 * these or deletes a client; without those that are gone.
 */
export async function holdClients(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<ClientValues[]> {
  await holdPeople(tx, ctx, clientIds)
  const clients = await tx
    .select()
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), inArray(clientsTable.id, [...clientIds])))
    .orderBy(clientsTable.id)
    .for('update')
  await holdMessages(tx, ctx, clientIds)
  return clients
}

/** The client as it stands, held by nobody. */
export async function findClient(tx: Tx, ctx: Ctx, clientId: string): Promise<ClientValues | undefined> {
  const where = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId))
  const [client] = await tx.select().from(clientsTable).where(where)
  return client
}

/** The client's newest invite, whatever became of it. */
export async function newestInvite(tx: Tx, ctx: Ctx, clientId: string): Promise<InviteValues | undefined> {
  const [newest] = await tx
    .select()
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, clientId)))
    .orderBy(desc(invitesTable.createdAt), desc(invitesTable.id))
    .limit(1)
  return newest
}

/** What is left of a channel when addresses that are gone and opt-outs are taken away; null when nothing is. */
export async function openChannel(
  tx: Tx,
  ctx: Ctx,
  { phone, email }: ClientValues,
  channel: InviteValues['channel'],
): Promise<Channel | null> {
  const wants = { sms: channel === 'sms' || channel === 'both', email: channel === 'email' || channel === 'both' }
  const sms = wants.sms && phone !== null && (await optedOutPhones(tx, ctx.deps, [phone])).size === 0
  const mail = wants.email && email !== null && !(await isEmailOptedOut(tx, ctx.deps, ctx.firmId, email))
  return sms && mail ? 'both' : sms ? 'sms' : mail ? 'email' : null
}

interface Speaker extends Record<string, unknown> {
  id: string
  name: string
}

/**
 * In whose name the client is written to: `wishedId` while they work here, else who looks after the client, else an administrator;
 * always somebody whose own e-mail is verified. Null when there is nobody.
 */
export async function findSpeaker(tx: Tx, ctx: Ctx, client: ClientValues, wishedId: string | null): Promise<Speaker | null> {
  const { rows } = await tx.execute<Speaker>(sql`
    select s.id, s.name from staff s
    where s.firm_id = ${ctx.firmId} and s.deactivated_at is null and s.email_verified_at is not null
    order by coalesce(s.id = ${wishedId}::uuid, false) desc,
      exists (select from client_staff a where a.firm_id = s.firm_id and a.client_id = ${client.id} and a.staff_id = s.id) desc,
      coalesce(s.id = ${client.createdBy}::uuid, false) desc, s.role = 'administrator' desc, s.created_at, s.id
    limit 1`)
  return rows[0] ?? null
}

/** An open invite and its client, who is held. */
export interface Further {
  client: ClientValues
  invite: InviteValues
  /** By which channel it is written to, where that is not the one of all. */
  channel?: Channel
}

/**
 * Queues a further message of these invites, which are of one person (`groupByPerson`), in the name of somebody who works here, as
 * are the page and the answers from then on. Their clients are held (`holdClients`). False when nobody does.
 */
export async function queueAnew(
  tx: Tx,
  ctx: Ctx,
  further: readonly Further[],
  { channel, purpose }: { channel: Channel; purpose: 'invite' | 'reconnect' | 'reminder' },
): Promise<boolean> {
  const [first] = further
  if (first === undefined) return false
  const speaker = await findSpeaker(tx, ctx, first.client, first.invite.createdBy)
  if (speaker === null) return false
  for (const { invite } of further) {
    const mine = and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.id, invite.id))
    if (speaker.id !== invite.createdBy && (await hasLeft(tx, ctx, invite.createdBy)))
      await tx.update(invitesTable).set({ createdBy: speaker.id }).where(mine)
  }
  const asked = further.map(({ client, invite, channel: own = channel }) => ({ client, inviteId: invite.id, channel: own }))
  await queueInviteMessages(tx, ctx, asked, { channel, staffName: speaker.name, purpose })
  return true
}

async function hasLeft(tx: Tx, ctx: Ctx, staffId: string): Promise<boolean> {
  const [found] = await tx
    .select({ deactivatedAt: staffTable.deactivatedAt, verifiedAt: staffTable.emailVerifiedAt })
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId)))
  return found === undefined || found.deactivatedAt !== null || found.verifiedAt === null
}
