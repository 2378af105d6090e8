import { and, eq, sql } from 'drizzle-orm'
import type { OutreachAction } from '@ledgersync/shared/outreach'
import { askForBanks } from '../clients/banks.ts'
import type { ClientRowValues } from '../clients/values.ts'
import type { StaffCtx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { insertInvite } from '../invites/service.ts'
import { type PlannedPerson, planOutreach } from './plan.ts'

/** Why a client was skipped; null where a message is on its way. */
export type Outcomes = ReadonlyMap<string, string | null>

/**
 * Asks the person these clients belong to, or the people, in the caller's transaction, which holds the clients: puts the banks on
 * their pages and invites them. Who has nothing to do, or cannot be reached, is skipped with the reason that the preview gave.
 */
export async function reachOut(tx: Tx, ctx: StaffCtx, clients: readonly ClientRowValues[], action: OutreachAction): Promise<Outcomes> {
  const { people, skipped } = await planOutreach(tx, ctx, clients, action)
  const outcomes = new Map<string, string | null>(skipped.map(({ client, skip }) => [client.id, skip.reason]))
  for (const person of people) {
    for (const { client, added, endedIds } of person.clients) {
      await askForBanks(tx, ctx, client.id, { banks: added, endedIds })
      outcomes.set(client.id, null)
    }
    await invitePerson(tx, ctx, person)
    await noteAsked(tx, ctx, person)
  }
  return outcomes
}

async function invitePerson(tx: Tx, ctx: StaffCtx, { clients, channel, kind }: PlannedPerson): Promise<void> {
  for (const { client } of clients)
    await insertInvite(tx, ctx, client, { channel, staffId: ctx.actor.staffId, kind: kind === 'reconnect' ? 'repair' : 'connect' })
}

/** Banks that want a new sign-in are not asked about again by the clock. */
async function noteAsked(tx: Tx, ctx: StaffCtx, { clients }: PlannedPerson): Promise<void> {
  const ids = clients.flatMap(({ client, broken }) => (broken.length === 0 ? [] : [client.id]))
  if (ids.length === 0) return
  const isBroken = and(eq(connectionsTable.complete, true), eq(connectionsTable.health, 'needs_client'))
  await tx
    .update(connectionsTable)
    .set({ clientAskedAt: ctx.deps.now(), askFailedAt: null })
    .where(and(eq(connectionsTable.firmId, ctx.firmId), sql`${connectionsTable.clientId} = any (${sql.param(ids)}::uuid[])`, isBroken))
  for (const clientId of ids) await publish(tx, ctx, 'connections', clientId)
}
