import { sql } from 'drizzle-orm'
import type { ClientChoice } from '@ledgersync/shared/common'
import type { HealthDay } from '@ledgersync/shared/dashboard'
import { chosenClients } from '../clients/filter.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { withFirm } from '../db/client.ts'

const days = 30

/** How many accounts were in trouble as each of the last thirty days ended on the firm's clock, oldest first; today as it stands now. */
export async function readHealthDays(ctx: StaffCtx, choice: ClientChoice): Promise<HealthDay[]> {
  const now = sql`${ctx.deps.now().toISOString()}::timestamptz`
  const here = sql`${visibleClient(ctx, sql`s.client_id`)} and ${chosenClients(ctx, sql`s.client_id`, choice)}`
  const { rows } = await withFirm(
    ctx,
    (tx) =>
      tx.execute<HealthDay & Record<string, unknown>>(sql`
        with days as materialized (
          select d.day, least(${now}, (d.day + 1)::timestamp at time zone f.time_zone) as ended
          from firms f, lateral (
            select (${now} at time zone f.time_zone)::date - n as day from generate_series(0, ${days - 1}) n
          ) d where f.firm_id = ${ctx.firmId}
        ), spans as materialized (
          select s.health, s.since, s.until,
            (select count(*)::int from bank_accounts a where a.firm_id = s.firm_id and a.connection_id = s.connection_id) as accounts
          from health_spans s
          where s.firm_id = ${ctx.firmId} and (s.until is null or s.until >= (select min(ended) from days)) and ${here}
        )
        select d.day::text as day, coalesce(sum(s.accounts) filter (where s.health = 'needs_client'), 0)::int as "needsClient",
          coalesce(sum(s.accounts) filter (where s.health = 'bank_down'), 0)::int as "bankDown",
          coalesce(sum(s.accounts) filter (where s.health = 'disconnected'), 0)::int as disconnected
        from days d left join spans s on s.since <= d.ended and (s.until is null or s.until > d.ended)
        group by d.day order by d.day`),
    'read',
  )
  return rows
}
