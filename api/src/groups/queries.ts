import { type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import type { Group, GroupClient, groups } from '@ledgersync/shared/groups'
import { ofGroup, worstHealth } from '../clients/groups.ts'
import { visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { literally } from '../core/literally.ts'
import { type Tx, withFirm } from '../db/client.ts'

interface Figures extends Record<string, unknown> {
  group_id: string | null
  clients: number
  health: NonNullable<Group['health']>
}

/** Clients and worst health of each group, over the clients the person may see. */
async function figuresByGroup(tx: Tx, ctx: StaffCtx): Promise<Map<string | null, Figures>> {
  const { rows } = await tx.execute<Figures>(sql`
    with visible as (select c.id, c.group_id from clients c where c.firm_id = ${ctx.firmId} and ${visibleClient(ctx, sql`c.id`)}),
      counted as (select v.group_id, count(*)::int as clients from visible v group by v.group_id),
      worst as (
        select v.group_id, ${worstHealth} as health from visible v
        join connections n on n.firm_id = ${ctx.firmId} and n.client_id = v.id and n.complete group by v.group_id
      )
    select c.group_id, c.clients, coalesce(w.health, 'none') as health from counted c left join worst w on w.group_id is not distinct from c.group_id`)
  return new Map(rows.map((row) => [row.group_id, row]))
}

/** Every group of the firm by name; counts and health only of clients the person may see. */
export async function listGroups(ctx: StaffCtx): Promise<Output<typeof groups.list>> {
  return withFirm(
    ctx,
    async (tx) => {
      const { rows } = await tx.execute<{ id: string; name: string }>(
        sql`select g.id, g.name from client_groups g where g.firm_id = ${ctx.firmId} order by lower(g.name), g.id`,
      )
      const figures = await figuresByGroup(tx, ctx)
      const of = (id: string | null) => ({ clientCount: figures.get(id)?.clients ?? 0, health: figures.get(id)?.health ?? null })
      return { items: rows.map(({ id, name }) => ({ id, name, ...of(id) })), ungrouped: of(null) }
    },
    'read',
  )
}

interface Found extends Record<string, unknown> {
  id: string
  sort_name: string
  business_name: string
  health: GroupClient['health']
  group_id: string | null
  to_review: number
}

const anyText = /^[\s\S]{0,240}$/

type Query = Input<typeof groups.clients>['query']

function filtersOf({ groupId, staffId, withoutStaffId, withoutGroupId }: Query): SQL[] {
  const assigned = (id: string) =>
    sql`exists (select from client_staff a where a.firm_id = c.firm_id and a.client_id = c.id and a.staff_id = ${id})`
  return [
    ofGroup(sql`c.group_id`, groupId),
    ...(staffId === undefined ? [] : [assigned(staffId)]),
    ...(withoutStaffId === undefined ? [] : [sql`not ${assigned(withoutStaffId)}`]),
    ...(withoutGroupId === undefined ? [] : [sql`c.group_id is distinct from ${withoutGroupId}::uuid`]),
  ]
}

/** Clients by name, of one group or of all: the page is cut first, then each figure is looked up for its clients only. */
export async function listGroupClients(ctx: StaffCtx, query: Query): Promise<Page<GroupClient>> {
  const { cursor, limit = 50, search = '' } = query
  const after = decodeCursor(cursor, [anyText, idPattern])
  const rest: SQL = after === null ? sql`true` : sql`(lower(c.business_name), c.id) > (${after[0]}, ${after[1]}::uuid)`
  const words = search.trim()
  const named = words === '' ? sql`true` : sql`c.business_name ilike ${`%${literally(words)}%`}`
  const chosen = sql.join([named, rest, ...filtersOf(query)], sql` and `)
  return withFirm(
    ctx,
    async (tx) => {
      const { rows } = await tx.execute<Found>(sql`
        with page as materialized (
          select c.firm_id, c.id, c.group_id, c.business_name, lower(c.business_name) as sort_name from clients c
          where c.firm_id = ${ctx.firmId} and ${visibleClient(ctx, sql`c.id`)} and ${chosen}
          order by lower(c.business_name), c.id limit ${limit + 1}
        )
        select p.id, p.sort_name, p.business_name, p.group_id, bank.health, review.to_review
        from page p
        left join lateral (
          select ${worstHealth} as health from connections n where n.firm_id = p.firm_id and n.client_id = p.id and n.complete
        ) bank on true
        left join lateral (
          select count(*)::int as to_review from transactions t where t.firm_id = p.firm_id and t.client_id = p.id and t.stage = 'open'
        ) review on true
        order by p.sort_name, p.id`)
      return toPage(
        rows,
        limit,
        (row) => [row.sort_name, row.id],
        (row) => ({ id: row.id, businessName: row.business_name, health: row.health, groupId: row.group_id, toReview: row.to_review }),
      )
    },
    'read',
  )
}
