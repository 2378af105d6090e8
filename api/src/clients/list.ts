import { type SQL, sql } from 'drizzle-orm'
import type { ClientFilter, ClientSort } from '@ledgersync/shared/client-filter'
import type { ClientRow, clients } from '@ledgersync/shared/clients'
import type { Page } from '@ledgersync/shared/common'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientConditions, listedHere, viewCondition } from './filter.ts'
import { type InviteFacts, shownInvite } from './invite-state.ts'
import { optedOutPhones } from './opt-outs.ts'

type View = Parameters<typeof viewCondition>[1]
type ListQuery = NonNullable<Input<typeof clients.list>['query']>

/** A column that the list is sorted by: as it stands, as the text that a cursor carries, and back. */
interface SortColumn {
  column: SQL
  text: SQL
  pattern: RegExp
  value: (text: string) => SQL
}

const wholeNumber = (column: SQL): SortColumn => ({
  column,
  text: sql`${column}::text`,
  pattern: /^\d{1,9}$/,
  value: (text) => sql`${text}::integer`,
})
/** Microseconds since 1970, for a cursor must not lose what the database tells apart. */
const time = (column: SQL): SortColumn => ({
  column,
  text: sql`(extract(epoch from ${column}) * 1000000)::bigint::text`,
  pattern: /^\d{1,16}$/,
  value: (text) => sql`timestamptz 'epoch' + ${text}::bigint * interval '1 microsecond'`,
})

const sortColumns: Record<SortName, SortColumn> = {
  name: { column: sql`l.name`, text: sql`l.name`, pattern: /^[\s\S]{0,240}$/, value: (text) => sql`${text}::text` },
  added: time(sql`l.created_at`),
  invite: time(sql`l.invite_at`),
  health: wholeNumber(sql`l.health`),
  lastSync: time(sql`l.last_sync_at`),
  toReview: wholeNumber(sql`l.to_review`),
}
type SortName = ClientSort extends infer S ? (S extends `-${string}` ? never : S) : never

/** The order asked for. Rows of one value follow by id, so that a page's end names one place, whatever changes meanwhile. */
function orderOf(sort: ClientSort): SortColumn & { descending: boolean } {
  const descending = sort.startsWith('-')
  // A name without its sign is a name
  const name = (descending ? sort.slice(1) : sort) as SortName
  return { ...sortColumns[name], descending }
}

/** One row as the database answers it: json and counts come as text. */
interface Found extends Record<string, unknown> {
  id: string
  sort_value: string
  business_name: string
  contact_name: string
  email: string | null
  phone: string | null
  username: string
  locked: boolean
  created_at: string
  staff_have_access: boolean
  text_consent: boolean
  invite: (Record<keyof InviteFacts, string | null> & { sentStatements: boolean }) | null
  health: ClientRow['health']
  connections: number
  connections_healthy: number
  last_sync_at: string | null
  to_review: number
  pushes_failed: number
  books: ClientRow['books']
  group_id: string | null
  group_name: string | null
  staff: ClientRow['staff']
}

type Order = ReturnType<typeof orderOf>

/** What is asked for: whose clients, in which order, from where on, and how many. */
interface Cut {
  filter: ClientFilter
  order: Order
  after: string[] | null
  limit: number
}

/** The clients of a page, as `client_id`, `place` to order by, and `sort_value` for a cursor. */
function selectCut(ctx: StaffCtx, { filter, order, after, limit }: Cut): SQL {
  const { column, text, descending } = order
  const direction = descending ? sql`desc` : sql`asc`
  const rest = after === null ? sql`true` : restAfter(order, after)
  const inOrder = sql`order by ${column} ${direction}, l.client_id ${direction}`
  const columns = sql`l.client_id, ${text} as sort_value, ${column} as place`
  if (!isFiltered(filter)) return sql`select ${columns} from client_list l where ${listedHere(ctx)} and ${rest} ${inOrder} limit ${limit}`
  // What is asked for is common or it is not, and the database knows too little of it. So the first clients in the order are looked
  // through; where they do not fill the page, all are, as they lie and not along the order.
  const conditions = clientConditions(ctx, filter)
  const far = sql`select ${columns} from client_list l where ${conditions} and ${rest}`
  if (isInOrder(filter, order)) return sql`(${far} ${inOrder} limit ${limit})`
  // There are few that nobody looks after, if all is well: the first in the order would be looked through for nothing
  if (filter.staffId === 'none')
    return sql`(with far as materialized (${far}) select * from far order by place ${direction}, client_id ${direction} limit ${limit})`
  return sql`(
    with near as materialized (select l.* from client_list l where l.firm_id = ${ctx.firmId} and ${rest} ${inOrder} limit ${nearMax}),
      hits as materialized (select ${columns} from near l where ${conditions} ${inOrder} limit ${limit}),
      far as materialized (${far})
    select * from hits where (select count(*) from hits) = ${limit}
    union all
    (select * from far where (select count(*) from hits) < ${limit} order by place ${direction}, client_id ${direction} limit ${limit})
  )`
}

/** Whether anything but the order is asked for. */
const isFiltered = ({ search, view = 'all', ...others }: ClientFilter): boolean =>
  (search ?? '').trim() !== '' || view !== 'all' || Object.values(others).some((value) => value !== undefined)

/** Whether an index has what is asked for, and nearly nothing else, in the order. */
const isInOrder = ({ stuck }: ClientFilter, { column }: Order): boolean => stuck === true && column === sortColumns.invite.column

/** Looking through so many takes less than a millisecond. */
const nearMax = 500

/**
 * Everything a row shows, in one query: the page is cut along the list first, then each figure is looked up for its clients only.
 */
function selectPage(ctx: StaffCtx, cut: Cut): SQL {
  const direction = cut.order.descending ? sql`desc` : sql`asc`
  return sql`
    with cut as materialized (${selectCut(ctx, cut)}), page as materialized (
      select c.*, cut.sort_value, cut.place from cut join clients c on c.firm_id = ${ctx.firmId} and c.id = cut.client_id
    )
    select p.id, p.sort_value, p.business_name, trim(p.contact_first_name || ' ' || p.contact_last_name) as contact_name, p.email, p.phone,
      p.username, p.locked_at is not null as locked, p.created_at,
      p.staff_have_access, p.text_consent_at is not null as text_consent, invite.invite,
      bank.health, bank.connections, bank.connections_healthy, bank.last_sync_at, review.to_review, push.pushes_failed,
      coalesce(book.state, 'none') as books, p.group_id, g.name as group_name, assigned.staff
    from page p
    left join client_groups g on g.firm_id = p.firm_id and g.id = p.group_id
    left join lateral (
      select json_build_object('state', i.state, 'reason', i.reason, 'createdAt', i.created_at, 'expiresAt', i.expires_at, 'sentAt', i.sent_at,
        'deliveredAt', i.delivered_at, 'failedAt', i.failed_at, 'openedAt', i.opened_at, 'startedAt', i.started_at,
        'connectedAt', i.connected_at, 'endedAt', i.ended_at, 'sentStatements', i.statements_at is not null) as invite
      from invites i where i.firm_id = p.firm_id and i.client_id = p.id order by i.created_at desc, i.id desc limit 1
    ) invite on true
    left join lateral (
      select count(*)::int as connections, count(*) filter (where n.health = 'healthy')::int as connections_healthy,
        max(n.last_success_at) as last_sync_at,
        case when count(*) = 0 then 'none' when bool_or(n.health = 'needs_client') then 'needs_client'
          when bool_or(n.health = 'bank_down') then 'bank_down' when bool_or(n.health = 'disconnected') then 'disconnected'
          when bool_or(n.health = 'syncing') then 'syncing' else 'healthy' end as health
      from connections n where n.firm_id = p.firm_id and n.client_id = p.id and n.complete
    ) bank on true
    left join lateral (
      select count(*)::int as to_review from transactions t where t.firm_id = p.firm_id and t.client_id = p.id and t.stage = 'open'
    ) review on true
    left join lateral (
      select count(*)::int as pushes_failed from pushes f
      where f.firm_id = p.firm_id and f.client_id = p.id and f.state = 'failed' and f.replaced_at is null
    ) push on true
    left join lateral (
      select b.state from books b where b.firm_id = p.firm_id and b.client_id = p.id and b.state <> 'disconnected' limit 1
    ) book on true
    left join lateral (
      select coalesce(json_agg(json_build_object('id', s.id, 'name', s.name) order by s.name, s.id), '[]'::json) as staff
      from client_staff a join staff s on s.firm_id = a.firm_id and s.id = a.staff_id
      where a.firm_id = p.firm_id and a.client_id = p.id
    ) assigned on true
    order by p.place ${direction}, p.id ${direction}`
}

/** Clients the person may see that match the filter, in the order asked for. */
export async function listClients(ctx: StaffCtx, { cursor, limit = 50, sort = 'name', ...filter }: ListQuery): Promise<Page<ClientRow>> {
  const order = orderOf(sort)
  const after = decodeCursor(cursor, [new RegExp(`^${sort}$`), order.pattern, idPattern])
  return withFirm(
    ctx,
    async (tx) => {
      const { rows } = await tx.execute<Found>(selectPage(ctx, { filter, order, after, limit: limit + 1 }))
      const optedOut = await optedOutOf(tx, ctx, rows)
      return toPage(
        rows,
        limit,
        (row) => [sort, row.sort_value, row.id],
        (row) => toClientRow(row, optedOut, ctx.deps.now()),
      )
    },
    'read',
  )
}

/** What comes after the row that a cursor names. */
function restAfter({ column, value, descending }: Order, [, text = '', id = '']: string[]): SQL {
  return sql`(${column}, l.client_id) ${descending ? sql`<` : sql`>`} (${value(text)}, ${id}::uuid)`
}

function optedOutOf(tx: Tx, ctx: StaffCtx, rows: readonly Found[]): Promise<ReadonlyMap<string, Date>> {
  return optedOutPhones(
    tx,
    ctx.deps,
    rows.flatMap((row) => (row.phone === null ? [] : [row.phone])),
  )
}

function toClientRow(row: Found, optedOut: ReadonlyMap<string, Date>, now: Date): ClientRow {
  const invite = row.invite === null ? null : shownInvite(inviteFacts(row.invite), now)
  return {
    id: row.id,
    businessName: row.business_name,
    contactName: row.contact_name,
    email: row.email,
    phone: row.phone,
    username: row.username,
    locked: row.locked,
    createdAt: new Date(row.created_at).toISOString(),
    staffHaveAccess: row.staff_have_access,
    textConsent: row.text_consent,
    textOptedOut: row.phone !== null && optedOut.has(row.phone),
    invite: invite === null ? null : { ...invite, at: invite.at.toISOString(), sentStatements: row.invite?.sentStatements === true },
    health: row.health,
    connections: row.connections,
    connectionsHealthy: row.connections_healthy,
    lastSyncAt: row.last_sync_at === null ? null : new Date(row.last_sync_at).toISOString(),
    toReview: row.to_review,
    pushesFailed: row.pushes_failed,
    books: row.books,
    groupId: row.group_id,
    groupName: row.group_name,
    staff: row.staff,
  }
}

function inviteFacts(json: NonNullable<Found['invite']>): InviteFacts {
  const time = (value: string | null): Date | null => (value === null ? null : new Date(value))
  return {
    // The column's check allows exactly these states
    state: json.state as InviteFacts['state'],
    reason: json.reason,
    createdAt: new Date(json.createdAt ?? 0),
    expiresAt: new Date(json.expiresAt ?? 0),
    sentAt: time(json.sentAt),
    deliveredAt: time(json.deliveredAt),
    failedAt: time(json.failedAt),
    openedAt: time(json.openedAt),
    startedAt: time(json.startedAt),
    connectedAt: time(json.connectedAt),
    endedAt: time(json.endedAt),
  }
}

/** How many clients stand in each view. */
export async function countClients(ctx: StaffCtx): Promise<Output<typeof clients.counts>> {
  const count = (view: View): SQL => sql`count(*) filter (where ${viewCondition(ctx, view)})::int`
  // Who sees only what is assigned to them sees only their own
  const mine = ctx.actor.seesAllClients ? count('mine') : sql`count(*)::int`
  const query = sql`select count(*)::int as "all", ${count('needs_client')} as "needsClient", ${count('never_connected')} as "neverConnected",
    ${count('to_review')} as "toReview", ${mine} as mine from client_list l where ${listedHere(ctx)}`
  const { rows } = await withFirm(ctx, (tx) => tx.execute<Output<typeof clients.counts> & Record<string, unknown>>(query), 'read')
  return one(rows)
}

/** How many clients match. */
export async function totalClients(ctx: StaffCtx, filter: ClientFilter): Promise<{ total: number }> {
  const query = sql`select count(*)::int as total from client_list l where ${clientConditions(ctx, filter)}`
  return one((await withFirm(ctx, (tx) => tx.execute<{ total: number }>(query), 'read')).rows)
}
