import { and, eq, inArray, sql } from 'drizzle-orm'
import { recordAudits } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { invitesTable } from '../db/schema/clients.ts'
import { inviteValidMs } from '../messages/invite-progress.ts'
import { type Asked, type ClientValues, type InviteValues, withdrawMessages } from './outgoing.ts'

type Channel = InviteValues['channel']

/** A client that is invited: to connect banks, or to nothing but a new sign-in; by the channel of all, or one of its own. */
export interface Invited {
  client: ClientValues
  kind: 'connect' | 'repair'
  channel?: Channel
}

/** The rows of new invites, in place of older ones, without a message. Their clients are held (`holdClients`), so that of two one is current. */
export async function insertInviteRows(
  tx: Tx,
  ctx: Ctx,
  invited: readonly Invited[],
  { channel: ofAll, staffId }: { channel: Channel; staffId: string },
): Promise<Asked[]> {
  if (invited.length === 0) return []
  await supersede(
    tx,
    ctx,
    invited.map(({ client }) => client.id),
  )
  const asked = invited.map(({ client, kind, channel = ofAll }) => ({ client, kind, channel, inviteId: newId() }))
  await tx.insert(invitesTable).values(asked.map((one) => rowOf(ctx, one, staffId)))
  await recordAudits(
    tx,
    ctx,
    'invite.created',
    asked.map(({ client, inviteId, channel, kind }) => ({ id: inviteId, clientId: client.id, details: { channel, kind } })),
  )
  for (const { client } of asked) {
    await publish(tx, ctx, 'invites', client.id)
    await publish(tx, ctx, 'clients', client.id)
  }
  return asked.map(({ client, inviteId, channel }) => ({ client, inviteId, channel }))
}

/**
 * Made now, or just after the client's newest invite if that is later: of two made at once the one that waited for the other is the
 * newer, and a clock that was set back makes none older than it is.
 */
function rowOf({ deps, firmId }: Ctx, { client, kind, channel, inviteId }: Required<Invited> & { inviteId: string }, staffId: string) {
  const newest = sql`(select max(i.created_at) + interval '1 millisecond' from invites i where i.firm_id = ${firmId} and i.client_id = ${client.id})`
  const now = sql`greatest(${deps.now().toISOString()}::timestamptz, ${newest})`
  const isCopy = channel === 'copy'
  return {
    firmId,
    id: inviteId,
    clientId: client.id,
    kind,
    channel,
    createdAt: now,
    createdBy: staffId,
    expiresAt: sql`${now} + ${inviteValidMs} * interval '1 millisecond'`,
    // A copied link is handed over by the one who made it
    state: isCopy ? ('sent' as const) : ('queued' as const),
    sentAt: isCopy ? now : null,
  }
}

/** Older invites end, held in one order for all. Nobody makes one meanwhile, for the clients are held. */
async function supersede(tx: Tx, ctx: Ctx, clientIds: readonly string[]): Promise<void> {
  const { id, firmId, clientId, state } = invitesTable
  const running = and(
    eq(firmId, ctx.firmId),
    inArray(clientId, [...clientIds]),
    inArray(state, ['queued', 'sent', 'delivered', 'failed', 'opened', 'started']),
  )
  const held = await tx.select({ id }).from(invitesTable).where(running).orderBy(id).for('no key update')
  if (held.length === 0) return
  const endedIds = held.map((invite) => invite.id)
  await tx
    .update(invitesTable)
    .set({ state: 'superseded', endedAt: ctx.deps.now() })
    .where(and(eq(firmId, ctx.firmId), inArray(id, endedIds)))
  await withdrawMessages(tx, ctx, endedIds, 'A newer invite took its place')
}
