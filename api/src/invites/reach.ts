import { and, eq } from 'drizzle-orm'
import { isEmailOptedOut, optedOutPhones } from '../clients/opt-outs.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientsTable, type invitesTable } from '../db/schema/clients.ts'

export type ClientValues = typeof clientsTable.$inferSelect
export type InviteValues = typeof invitesTable.$inferSelect

/** Nobody has done what was asked, and the links work. */
export const waitingStates: readonly InviteValues['state'][] = ['sent', 'delivered', 'opened', 'started']

/** Whether it is out and its links still work. */
export const isWaiting = ({ state, endedAt, expiresAt }: InviteValues, now: Date): boolean =>
  waitingStates.includes(state) && endedAt === null && expiresAt > now

/** The client, held first, as by whoever supersedes its invites or deletes it. */
export async function holdClient(tx: Tx, ctx: Ctx, clientId: string): Promise<ClientValues | undefined> {
  const where = and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId))
  const [client] = await tx.select().from(clientsTable).where(where).for('update')
  return client
}

/** What is left of a channel when addresses that are gone and opt-outs are taken away; null when nothing is. */
export async function openChannel(
  tx: Tx,
  ctx: Ctx,
  { phone, email }: ClientValues,
  channel: InviteValues['channel'],
): Promise<'sms' | 'email' | 'both' | null> {
  const wants = { sms: channel === 'sms' || channel === 'both', email: channel === 'email' || channel === 'both' }
  const sms = wants.sms && phone !== null && (await optedOutPhones(tx, ctx.deps, [phone])).size === 0
  const mail = wants.email && email !== null && !(await isEmailOptedOut(tx, ctx.deps, ctx.firmId, email))
  return sms && mail ? 'both' : sms ? 'sms' : mail ? 'email' : null
}
