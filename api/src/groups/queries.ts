import { type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import type { Group, GroupClient, groups } from '@ledgersync/shared/groups'
import { holdsAll, listedHere } from '../clients/filter.ts'
import { ofGroup } from '../clients/groups.ts'
import { healthName } from '../clients/health-rank.ts'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { type Tx, withFirm } from '../db/client.ts'

interface Figures extends Record<string, unknown> {
  group_id: string | null
  clients: number
  health: number
}

/** Clients and worst health of each group, over the clients the person may see. */
async function figuresByGroup(tx: Tx, ctx: StaffCtx): Promise<Map<string | null, Pick<Group, 'clientCount' | 'health'>>> {
  const { rows } = await tx.execute<Figures>(sql`
    select c.group_id, count(*)::int as clients, max(l.health) as health
    from client_list l join clients c on c.firm_id = l.firm_id and c.id = l.client_id
    where ${listedHere(ctx)} group by c.group_id`)
  return new Map(rows.map(({ group_id: id, clients, health }) => [id, { clientCount: clients, health: healthName(health) }]))
}

const empty = { clientCount: 0, health: null }

/** Every group of the firm by name; counts and health only of clients the person may see. */
export async function listGroups(ctx: StaffCtx): Promise<Output<typeof groups.list>> {
  return withFirm(
    ctx,
    async (tx) => {
      const { rows } = await tx.execute<{ id: string; name: string }>(
        sql`select g.id, g.name from client_groups g where g.firm_id = ${ctx.firmId} order by lower(g.name), g.id`,
      )
      const figures = await figuresByGroup(tx, ctx)
      const of = (id: string | null) => figures.get(id) ?? empty
      return { items: rows.map(({ id, name }) => ({ id, name, ...of(id) })), ungrouped: of(null) }
    },
    'read',
  )
}

interface Found extends Record<string, unknown> {
  id: string
  sort_name: string
  business_name: string
  health: number
  group_id: string | null
  to_review: number
}

const anyText = /^[\s\S]{0,240}$/

type Query = Input<typeof groups.clients>['query']

function filtersOf({ groupId, staffId, withoutStaffId, withoutGroupId }: Query): SQL[] {
  const assigned = (id: string) =>
    sql`exists (select from client_staff a where a.firm_id = l.firm_id and a.client_id = l.client_id and a.staff_id = ${id})`
  return [
    ofGroup(sql`c.group_id`, groupId),
    ...(staffId === undefined ? [] : [assigned(staffId)]),
    ...(withoutStaffId === undefined ? [] : [sql`not ${assigned(withoutStaffId)}`]),
    ...(withoutGroupId === undefined ? [] : [sql`c.group_id is distinct from ${withoutGroupId}::uuid`]),
  ]
}

/** Clients by name, of one group or of all. */
export async function listGroupClients(ctx: StaffCtx, query: Query): Promise<Page<GroupClient>> {
  const { cursor, limit = 50, search = '' } = query
  const after = decodeCursor(cursor, [anyText, idPattern])
  const rest: SQL = after === null ? sql`true` : sql`(l.name, l.client_id) > (${after[0]}, ${after[1]}::uuid)`
  const chosen = sql.join([listedHere(ctx), rest, holdsAll(sql`l.search`, search), ...filtersOf(query)], sql` and `)
  return withFirm(
    ctx,
    async (tx) => {
      const { rows } = await tx.execute<Found>(sql`
        select l.client_id as id, l.name as sort_name, c.business_name, l.health, c.group_id, l.to_review
        from client_list l join clients c on c.firm_id = l.firm_id and c.id = l.client_id
        where ${chosen} order by l.name, l.client_id limit ${limit + 1}`)
      return toPage(
        rows,
        limit,
        (row) => [row.sort_name, row.id],
        (row) => ({
          id: row.id,
          businessName: row.business_name,
          health: healthName(row.health),
          groupId: row.group_id,
          toReview: row.to_review,
        }),
      )
    },
    'read',
  )
}
