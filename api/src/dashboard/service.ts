import { type SQL, sql } from 'drizzle-orm'
import type { ClientChoice } from '@ledgersync/shared/common'
import type { Dashboard, StuckClient } from '@ledgersync/shared/dashboard'
import { chosenClients, listedHere, waitingInvite } from '../clients/filter.ts'
import { healthRank } from '../clients/health-rank.ts'
import { stuckKind, stuckSince } from '../clients/stuck.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { one, type Tx, withFirm } from '../db/client.ts'

const stuckShown = 7

/** How the clients stand that the person may see, all or those chosen. The totals are one walk over the client list. */
export function readDashboard(ctx: StaffCtx, choice: ClientChoice): Promise<Dashboard> {
  return withFirm(
    ctx,
    async (tx) => {
      const { stuckTotal, ...totals } = await readTotals(tx, ctx, choice)
      const funnel = await readFunnel(tx, ctx, choice)
      return { ...totals, funnel, stuck: { total: stuckTotal, longest: stuckTotal === 0 ? [] : await readStuck(tx, ctx, choice) } }
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
      (count(*) filter (where (${stuckKind(now)}) is not null))::int as "stuckTotal"
    from client_list l
      cross join (select date_trunc('month', ${at(now)} at time zone f.time_zone) at time zone f.time_zone as began from firms f where f.firm_id = ${ctx.firmId}) m
    where ${here(ctx, choice)}`)
  // Without a client there is no row to group
  return one(rows)
}

const dayMs = 24 * 60 * 60_000

async function readStuck(tx: Tx, ctx: StaffCtx, choice: ClientChoice): Promise<StuckClient[]> {
  const now = ctx.deps.now()
  const { rows } = await tx.execute<StuckClient & Record<string, unknown>>(sql`
    select s.client_id as "clientId", c.business_name as "businessName", s.kind, s.since
    from (
      select l.firm_id, l.client_id, ${stuckKind(now)} as kind, ${stuckSince} as since
      from client_list l where ${here(ctx, choice)} and (${stuckKind(now)}) is not null
      order by since, l.client_id limit ${stuckShown}
    ) s join clients c on c.firm_id = s.firm_id and c.id = s.client_id
    order by s.since, s.client_id`)
  return rows.map((row) => ({ ...row, since: new Date(row.since).toISOString() }))
}

const funnelMs = 30 * dayMs

async function readFunnel(tx: Tx, ctx: StaffCtx, choice: ClientChoice): Promise<Dashboard['funnel']> {
  const from = new Date(ctx.deps.now().getTime() - funnelMs)
  const { rows } = await tx.execute<Dashboard['funnel'] & Record<string, unknown>>(sql`
    select count(*)::int as invited, count(i.delivered_at)::int as delivered, count(i.opened_at)::int as opened, count(i.started_at)::int as started,
      count(i.connected_at)::int as connected, count(i.failed_at) filter (where i.delivered_at is null)::int as failed
    from invites i where i.firm_id = ${ctx.firmId} and i.kind = 'connect' and i.created_at >= ${at(from)} and ${visibleClient(ctx, sql`i.client_id`)} and ${chosenClients(ctx, sql`i.client_id`, choice)}`)
  return one(rows)
}
