import { type SQL, sql } from 'drizzle-orm'
import type { ClientRow, clients } from '@ledgersync/shared/clients'
import type { Page } from '@ledgersync/shared/common'
import type { Input, Output } from '@ledgersync/shared/endpoint'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, toPage } from '../core/cursor.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { ofGroup } from './groups.ts'
import { type InviteFacts, shownInvite } from './invite-state.ts'
import { optedOutPhones } from './opt-outs.ts'
import { visibleClient } from './visibility.ts'

type ListQuery = NonNullable<Input<typeof clients.list>['query']>
type View = NonNullable<ListQuery['view']>

const here = (ctx: StaffCtx): SQL => sql`clients.firm_id = ${ctx.firmId} and ${visibleClient(ctx, clientsTable.id)}`

/** The condition of each saved view, over `clients`. */
function viewCondition(ctx: StaffCtx, view: View): SQL {
  const connection = sql`select 1 from connections n where n.firm_id = clients.firm_id and n.client_id = clients.id and n.complete`
  switch (view) {
    case 'all':
      return sql`true`
    case 'needs_client':
      return sql`exists (${connection} and n.health = 'needs_client')`
    case 'never_connected':
      return sql`not exists (${connection})`
    case 'to_review':
      return sql`exists (select 1 from transactions t where t.firm_id = clients.firm_id and t.client_id = clients.id and t.stage = 'open')`
    case 'mine':
      return sql`exists (select 1 from client_staff a where a.firm_id = clients.firm_id and a.client_id = clients.id and a.staff_id = ${ctx.actor.staffId})`
  }
}

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')
const wordsMax = 8

/** Every word must occur in a name, the e-mail, the username or, when it holds digits, the phone. */
function searchCondition(search: string): SQL {
  const words = search
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, wordsMax)
  const text = sql`(clients.business_name || ' ' || clients.contact_first_name || ' ' || clients.contact_last_name || ' ' || coalesce(clients.email, '') || ' ' || clients.username)`
  const conditions = words.map((word) => {
    const digits = word.replaceAll(/\D/g, '')
    const inPhone = digits.length >= 3 ? sql` or clients.phone like ${`%${digits}%`}` : sql``
    return sql`(${text} ilike ${`%${escapeLike(word)}%`}${inPhone})`
  })
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

/** One row as the database answers it: json and counts come as text. */
interface Found extends Record<string, unknown> {
  id: string
  sort_name: string
  business_name: string
  contact_name: string
  email: string | null
  phone: string | null
  staff_have_access: boolean
  text_consent: boolean
  invite: Record<keyof InviteFacts, string | null> | null
  health: ClientRow['health']
  connections: number
  connections_healthy: number
  last_sync_at: string | null
  to_review: number
  books: ClientRow['books']
  group_id: string | null
  group_name: string | null
  staff: ClientRow['staff']
}

/** Everything a row shows, in one query: the page is cut first, then each figure is looked up for its clients only. */
function selectPage(ctx: StaffCtx, where: SQL, limit: number): SQL {
  return sql`
    with page as materialized (
      select clients.*, lower(clients.business_name) as sort_name from clients
      where ${here(ctx)} and ${where}
      order by lower(clients.business_name), clients.id limit ${limit}
    )
    select p.id, p.sort_name, p.business_name, trim(p.contact_first_name || ' ' || p.contact_last_name) as contact_name, p.email, p.phone,
      p.staff_have_access, p.text_consent_at is not null as text_consent, invite.invite,
      bank.health, bank.connections, bank.connections_healthy, bank.last_sync_at, review.to_review,
      coalesce(book.state, 'none') as books, p.group_id, g.name as group_name, assigned.staff
    from page p
    left join client_groups g on g.firm_id = p.firm_id and g.id = p.group_id
    left join lateral (
      select json_build_object('state', i.state, 'reason', i.reason, 'createdAt', i.created_at, 'expiresAt', i.expires_at, 'sentAt', i.sent_at,
        'deliveredAt', i.delivered_at, 'failedAt', i.failed_at, 'openedAt', i.opened_at, 'startedAt', i.started_at,
        'connectedAt', i.connected_at, 'endedAt', i.ended_at) as invite
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
      select b.state from books b where b.firm_id = p.firm_id and b.client_id = p.id and b.state <> 'disconnected' limit 1
    ) book on true
    left join lateral (
      select coalesce(json_agg(json_build_object('id', s.id, 'name', s.name) order by s.name, s.id), '[]'::json) as staff
      from client_staff a join staff s on s.firm_id = a.firm_id and s.id = a.staff_id
      where a.firm_id = p.firm_id and a.client_id = p.id
    ) assigned on true
    order by p.sort_name, p.id`
}

const anyText = /^[\s\S]{0,240}$/

/** Clients the person may see, by name. */
export async function listClients(
  ctx: StaffCtx,
  { cursor, limit = 50, search = '', view = 'all', groupId }: ListQuery,
): Promise<Page<ClientRow>> {
  const after = decodeCursor(cursor, [anyText, idPattern])
  const rest = after === null ? sql`true` : sql`(lower(clients.business_name), clients.id) > (${after[0]}, ${after[1]}::uuid)`
  const where = sql`${viewCondition(ctx, view)} and ${searchCondition(search)} and ${ofGroup(sql`clients.group_id`, groupId)} and ${rest}`
  return withFirm(
    ctx,
    async (tx) => {
      const { rows } = await tx.execute<Found>(selectPage(ctx, where, limit + 1))
      const optedOut = await optedOutOf(tx, ctx, rows)
      return toPage(
        rows,
        limit,
        (row) => [row.sort_name, row.id],
        (row) => toClientRow(row, optedOut, ctx.deps.now()),
      )
    },
    'read',
  )
}

function optedOutOf(tx: Tx, ctx: StaffCtx, rows: readonly Found[]): Promise<Set<string>> {
  return optedOutPhones(
    tx,
    ctx.deps,
    rows.flatMap((row) => (row.phone === null ? [] : [row.phone])),
  )
}

function toClientRow(row: Found, optedOut: ReadonlySet<string>, now: Date): ClientRow {
  const invite = row.invite === null ? null : shownInvite(inviteFacts(row.invite), now)
  return {
    id: row.id,
    businessName: row.business_name,
    contactName: row.contact_name,
    email: row.email,
    phone: row.phone,
    staffHaveAccess: row.staff_have_access,
    textConsent: row.text_consent,
    textOptedOut: row.phone !== null && optedOut.has(row.phone),
    invite: invite === null ? null : { ...invite, at: invite.at.toISOString() },
    health: row.health,
    connections: row.connections,
    connectionsHealthy: row.connections_healthy,
    lastSyncAt: row.last_sync_at === null ? null : new Date(row.last_sync_at).toISOString(),
    toReview: row.to_review,
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
  const query = sql`select count(*)::int as "all", ${count('needs_client')} as "needsClient", ${count('never_connected')} as "neverConnected",
    ${count('to_review')} as "toReview", ${count('mine')} as mine from clients where ${here(ctx)}`
  const { rows } = await withFirm(ctx, (tx) => tx.execute<Output<typeof clients.counts> & Record<string, unknown>>(query), 'read')
  return one(rows)
}
