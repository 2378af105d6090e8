import { and, eq, inArray, max } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable, invitesTable } from '../db/schema/clients.ts'
import { inviteValidMs } from '../messages/invite-progress.ts'
import { holdMessages, holdPeople } from '../messages/service.ts'
import { type Asked, type ClientValues, type InviteValues, withdrawMessages } from './outgoing.ts'

type Channel = InviteValues['channel']

/** A client that is invited: to connect banks, or to nothing but a new sign-in; by the channel of all, or one of its own. */
export interface Invited {
  client: ClientValues
  kind: 'connect' | 'repair'
  channel?: Channel
}

/** The rows of new invites, in place of older ones, without a message. Their clients are held. */
export async function insertInviteRows(
  tx: Tx,
  ctx: Ctx,
  invited: readonly Invited[],
  { channel: ofAll, staffId }: { channel: Channel; staffId: string },
): Promise<Asked[]> {
  await supersede(
    tx,
    ctx,
    invited.map(({ client }) => client.id),
  )
  const asked: Asked[] = []
  for (const { client, kind, channel = ofAll } of invited) {
    const now = await timeOfNewest(tx, ctx, client.id)
    const inviteId = newId()
    const isCopy = channel === 'copy'
    await tx.insert(invitesTable).values({
      firmId: ctx.firmId,
      id: inviteId,
      clientId: client.id,
      kind,
      channel,
      createdAt: now,
      createdBy: staffId,
      expiresAt: new Date(now.getTime() + inviteValidMs),
      // A copied link is handed over by the one who made it
      state: isCopy ? 'sent' : 'queued',
      sentAt: isCopy ? now : null,
    })
    asked.push({ client, inviteId, channel })
    await recordAudit(tx, ctx, 'invite.created', { id: inviteId, clientId: client.id, details: { channel, kind } })
    await publish(tx, ctx, 'invites', client.id)
    await publish(tx, ctx, 'clients', client.id)
  }
  return asked
}

/** Older invites end. Holds the clients first, so that of two new invites one is current, and then the old ones, in one order for all. */
async function supersede(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<void> {
  await holdPeople(tx, ctx, clientIds)
  await tx
    .select({ id: clientsTable.id })
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), inArray(clientsTable.id, [...clientIds])))
    .orderBy(clientsTable.id)
    .for('update')
  await holdMessages(tx, ctx, clientIds)
  const { id, firmId, clientId, state } = invitesTable
  const running = and(
    eq(firmId, ctx.firmId),
    inArray(clientId, [...clientIds]),
    inArray(state, ['queued', 'sent', 'delivered', 'failed', 'opened', 'started']),
  )
  await tx.select({ id }).from(invitesTable).where(running).orderBy(id).for('no key update')
  const ended = await tx.update(invitesTable).set({ state: 'superseded', endedAt: ctx.deps.now() }).where(running).returning({ id })
  await withdrawMessages(
    tx,
    ctx,
    ended.map(({ id }) => id),
    'A newer invite took its place',
  )
}

/**
 * Now, or just after the client's newest invite if that is later: of two made at once the one that waited for the other is the
 * newer, and a clock that was set back makes none older than it is. Call it while holding the client's row.
 */
async function timeOfNewest(tx: Tx, ctx: Ctx, clientId: string): Promise<Date> {
  const [row] = await tx
    .select({ at: max(invitesTable.createdAt) })
    .from(invitesTable)
    .where(and(eq(invitesTable.firmId, ctx.firmId), eq(invitesTable.clientId, clientId)))
  return new Date(Math.max(ctx.deps.now().getTime(), (row?.at?.getTime() ?? 0) + 1))
}
