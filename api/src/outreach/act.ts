import type { OutreachAction } from '@ledgersync/shared/outreach'
import { askForBanks } from '../clients/banks.ts'
import type { ClientRowValues } from '../clients/values.ts'
import type { StaffCtx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { recordAsked } from '../invites/repairs.ts'
import { insertInvites } from '../invites/service.ts'
import { channelOf, type PlannedPerson, planOutreach } from './plan.ts'

/** Why a client was skipped; null where a message is on its way. */
type Outcomes = ReadonlyMap<string, string | null>

/**
 * Asks the person these clients belong to, or the people, in the caller's transaction, which holds the clients: puts the banks on
 * their pages and invites them. Who has nothing to do, or cannot be reached, is skipped with the reason that the preview gave.
 */
export async function reachOut(tx: Tx, ctx: StaffCtx, clients: readonly ClientRowValues[], action: OutreachAction): Promise<Outcomes> {
  const { people, skipped } = await planOutreach(tx, ctx, clients, action)
  for (const person of people) await askPerson(tx, ctx, person, action)
  const asked = people.flatMap((person) => person.clients.map(({ client }) => client.id))
  return new Map([...skipped.map(({ client, skip }) => [client.id, skip.reason] as const), ...asked.map((id) => [id, null] as const)])
}

async function askPerson(tx: Tx, ctx: StaffCtx, { clients, channel }: PlannedPerson, { templateIds }: OutreachAction): Promise<void> {
  for (const { client, added, endedIds } of clients) await askForBanks(tx, ctx, client.id, { banks: added, endedIds })
  const invited = clients.map(({ client, missing, ...way }) => ({
    client,
    kind: missing.length === 0 ? ('repair' as const) : ('connect' as const),
    channel: channelOf(way),
  }))
  await insertInvites(tx, ctx, invited, { channel, staffId: ctx.actor.staffId, templateIds })
  const broken = clients.flatMap(({ client, broken: banks }) => (banks.length === 0 ? [] : [client.id]))
  if (broken.length > 0) await recordAsked(tx, ctx, broken, channel)
}
