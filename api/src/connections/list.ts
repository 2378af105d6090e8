import { type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { ConnectionCounts, ConnectionHealth, ConnectionRow, connections } from '@ledgersync/shared/connections'
import type { Input } from '@ledgersync/shared/endpoint'
import { chosenClients, holdsAll } from '../clients/filter.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { one, withFirm } from '../db/client.ts'

type ListQuery = NonNullable<Input<typeof connections.list>['query']>
type CountQuery = NonNullable<Input<typeof connections.counts>['query']>

interface Found extends Record<string, unknown> {
  id: string
  client_id: string
  business_name: string
  institution_name: string
  health: ConnectionHealth
  cause: string | null
  last_success_at: string | null
  client_asked_at: string | null
  account_count: number
  urgency: number
  name: string
}

const failing = sql`n.health not in ('healthy', 'syncing')`
/** Those that need somebody first. */
const urgency = sql`case n.health when 'needs_client' then 0 when 'disconnected' then 1 when 'bank_down' then 2 when 'syncing' then 3 else 4 end`
const name = sql`lower(c.business_name)`

/** What a query lists, over `connections n` and its `clients c`. */
function conditions(ctx: StaffCtx, { search = '', ...choice }: CountQuery): SQL {
  const here = sql`n.firm_id = ${ctx.firmId} and ${visibleClient(ctx, sql`c.id`)} and ${chosenClients(ctx, sql`c.id`, choice)}`
  if (search.trim() === '') return here
  return sql`${here} and ${holdsAll(sql`search_fold(concat_ws(' ', c.business_name, n.institution_name, n.cause))`, search)}`
}

/** Connections of the clients the person may see, those that need somebody first, then by client. */
export async function listConnections(ctx: StaffCtx, { cursor, limit = 50, health, ...query }: ListQuery): Promise<Page<ConnectionRow>> {
  const after = decodeCursor(cursor, [/^[0-4]$/, /^[\s\S]{0,240}$/, idPattern])
  const rest =
    after === null ? sql`true` : sql`(${urgency}, ${name}, n.id) > (${after[0]}::text::integer, ${after[1]}::text, ${after[2]}::uuid)`
  const ofHealth = health === undefined ? sql`true` : health === 'failing' ? failing : sql`n.health = ${health}`
  const found = await withFirm(
    ctx,
    (tx) =>
      tx.execute<Found>(sql`
        select n.id, n.client_id, c.business_name, n.institution_name, n.health, n.cause, n.last_success_at, case when n.health = 'needs_client' then n.client_asked_at end as client_asked_at, n.urgency, n.name,
          (select count(*)::int from bank_accounts a where a.firm_id = n.firm_id and a.connection_id = n.id) as account_count
        from (
          select n.*, ${urgency} as urgency, ${name} as name
          from connections n join clients c on c.firm_id = n.firm_id and c.id = n.client_id
          where ${conditions(ctx, query)} and ${ofHealth} and ${rest}
          order by ${urgency}, ${name}, n.id limit ${limit + 1}
        ) n join clients c on c.firm_id = n.firm_id and c.id = n.client_id
        order by n.urgency, n.name, n.id`),
    'read',
  )
  return toPage(found.rows, limit, (row) => [String(row.urgency), row.name, row.id], toRow)
}

const iso = (time: string | null): string | null => (time === null ? null : new Date(time).toISOString())

function toRow(row: Found): ConnectionRow {
  return {
    id: row.id,
    clientId: row.client_id,
    clientName: row.business_name,
    institutionName: row.institution_name,
    health: row.health,
    cause: row.cause,
    lastSuccessAt: iso(row.last_success_at),
    clientAskedAt: iso(row.client_asked_at),
    accountCount: row.account_count,
  }
}

/** How many connections have each health, of those that the same query lists. */
export async function countConnections(ctx: StaffCtx, query: CountQuery): Promise<ConnectionCounts> {
  const of = (health: ConnectionHealth): SQL => sql`count(*) filter (where n.health = ${health})::int`
  const found = await withFirm(
    ctx,
    (tx) =>
      tx.execute<ConnectionCounts & Record<string, unknown>>(sql`
        select count(*)::int as "all", count(*) filter (where ${failing})::int as failing, ${of('healthy')} as healthy,
          ${of('needs_client')} as needs_client, ${of('bank_down')} as bank_down, ${of('syncing')} as syncing, ${of('disconnected')} as disconnected
        from connections n join clients c on c.firm_id = n.firm_id and c.id = n.client_id
        where ${conditions(ctx, query)}`),
    'read',
  )
  return one(found.rows)
}
