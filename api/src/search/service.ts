import { sql } from 'drizzle-orm'
import type { Found } from '@ledgersync/shared/search'
import { clientConditions, holdsAll } from '../clients/filter.ts'
import { healthName } from '../clients/health-rank.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'

const clientsMax = 8
const othersMax = 5

/** Clients, banks and staff that have every word; of clients and their banks only what the person may see. */
export function searchEverywhere(ctx: StaffCtx, words: string): Promise<Found> {
  return withFirm(
    ctx,
    async (tx) => ({
      clients: await findClients(tx, ctx, words),
      banks: await findBanks(tx, ctx, words),
      staff: await findStaff(tx, ctx, words),
    }),
    'read',
  )
}

interface FoundClient extends Record<string, unknown> {
  id: string
  business_name: string
  contact_name: string
  health: number
}

async function findClients(tx: Tx, ctx: StaffCtx, words: string): Promise<Found['clients']> {
  const { rows } = await tx.execute<FoundClient>(sql`
    select c.id, c.business_name, trim(c.contact_first_name || ' ' || c.contact_last_name) as contact_name, f.health
    from (
      select l.firm_id, l.client_id, l.health, l.name, starts_with(l.search, search_fold(${words.trim()}::text)) as begins
      from client_list l where ${clientConditions(ctx, {})} and ${holdsAll(sql`l.search`, words)}
      order by begins desc, l.name, l.client_id limit ${clientsMax}
    ) f join clients c on c.firm_id = f.firm_id and c.id = f.client_id
    order by f.begins desc, f.name, f.client_id`)
  return rows.map((row) => ({ id: row.id, businessName: row.business_name, contactName: row.contact_name, health: healthName(row.health) }))
}

/** Banks by name. There are few names and many connections, so the names are gone through first, each found by the index. */
async function findBanks(tx: Tx, ctx: StaffCtx, words: string): Promise<Found['banks']> {
  const ofFirm = sql`n.firm_id = ${ctx.firmId} and n.complete`
  const { rows } = await tx.execute<Found['banks'][number] & Record<string, unknown>>(sql`
    with recursive names as (
      select min(n.institution_name) as name from connections n where ${ofFirm}
      union all
      select (select min(n.institution_name) from connections n where ${ofFirm} and n.institution_name > s.name) from names s where s.name is not null
    )
    select n.institution_name as name, count(*)::int as connections from connections n
    where ${ofFirm} and n.institution_name in (select s.name from names s where ${holdsAll(sql`search_fold(s.name)`, words)})
      and ${visibleClient(ctx, sql`n.client_id`)}
    group by n.institution_name order by connections desc, name limit ${othersMax}`)
  return rows
}

async function findStaff(tx: Tx, ctx: StaffCtx, words: string): Promise<Found['staff']> {
  const { rows } = await tx.execute<Found['staff'][number] & Record<string, unknown>>(sql`
    select s.id, s.name, s.email from staff s
    where s.firm_id = ${ctx.firmId} and ${holdsAll(sql`search_fold(s.name || ' ' || s.email)`, words)}
    order by lower(s.name), s.id limit ${othersMax}`)
  return rows
}
