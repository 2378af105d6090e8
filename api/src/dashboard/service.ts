import { type SQL, sql } from 'drizzle-orm'
import type { ClientChoice } from '@ledgersync/shared/common'
import type { Dashboard } from '@ledgersync/shared/dashboard'
import type { Stuck } from '@ledgersync/shared/funnel'
import { chosenClients, listedHere, waitingInvite } from '../clients/filter.ts'
import { healthRank } from '../clients/health-rank.ts'
import { isStuck, stuckSince } from '../clients/stuck.ts'
import type { StaffCtx } from '../core/context.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { readStuck } from '../funnel/stuck.ts'

const stuckShown = 7

/** How the clients stand that the person may see, all or those chosen. The totals are one walk over the client list. */
export function readDashboard(ctx: StaffCtx, choice: ClientChoice): Promise<Dashboard> {
  return withFirm(
    ctx,
    async (tx) => {
      const { stuckTotal, ...totals } = await readTotals(tx, ctx, choice)
      return { ...totals, stuck: { total: stuckTotal, longest: stuckTotal === 0 ? [] : await readLongest(tx, ctx, choice) } }
    },
    'read',
  )
}

interface Totals extends Record<string, unknown> {
  clients: Dashboard['clients']
  accounts: Dashboard['accounts']
  invites: Dashboard['invites']
  review: Dashboard['review']
  pushes: Dashboard['pushes']
  stuckTotal: number
}

const at = (time: Date): SQL => sql`${time.toISOString()}::timestamptz`

/** The clients it is about, over `client_list l`. */
const here = (ctx: StaffCtx, choice: ClientChoice): SQL => sql`${listedHere(ctx)} and ${chosenClients(ctx, sql`l.client_id`, choice)}`

async function readTotals(tx: Tx, ctx: StaffCtx, choice: ClientChoice): Promise<Totals> {
  const now = ctx.deps.now()
  const tomorrow = new Date(now.getTime() + dayMs)
  const { rows } = await tx.execute<Totals>(sql`
    select json_build_object('total', count(*), 'addedThisMonth', count(*) filter (where l.created_at >= m.began)) as clients,
      json_build_object('total', coalesce(sum(l.accounts), 0), 'connections', coalesce(sum(l.connections), 0), 'healthy', coalesce(sum(l.accounts_healthy), 0),
        'failing', coalesce(sum(l.accounts_failing), 0), 'clientsNeeded', count(*) filter (where l.health = ${healthRank.needs_client})) as accounts,
      json_build_object('waiting', count(*) filter (where ${waitingInvite(now)}),
        'expireSoon', count(*) filter (where ${waitingInvite(now)} and l.invite_expires_at <= ${at(tomorrow)})) as invites,
      json_build_object('total', coalesce(sum(l.to_review), 0), 'clients', count(*) filter (where l.to_review > 0)) as review,
      json_build_object('failed', coalesce(sum(l.pushes_failed), 0), 'clients', count(*) filter (where l.pushes_failed > 0)) as pushes,
      (count(*) filter (where ${isStuck(now)}))::int as "stuckTotal"
    from client_list l
      cross join (select date_trunc('month', ${at(now)} at time zone f.time_zone) at time zone f.time_zone as began from firms f where f.firm_id = ${ctx.firmId}) m
    where ${here(ctx, choice)}`)
  // Without a client there is no row to group
  return one(rows)
}

const dayMs = 24 * 60 * 60_000

async function readLongest(tx: Tx, ctx: StaffCtx, choice: ClientChoice): Promise<Stuck[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select l.client_id as id from client_list l where ${here(ctx, choice)} and ${isStuck(ctx.deps.now())}
    order by ${stuckSince}, l.client_id limit ${stuckShown}`)
  return readStuck(
    tx,
    ctx,
    rows.map(({ id }) => id),
  )
}
