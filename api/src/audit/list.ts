import { eq, type SQL, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import type { audit, AuditEntry } from '@ledgersync/shared/audit'
import type { Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, instantPattern, toPage } from '../core/cursor.ts'
import { invalidField } from '../core/errors.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { firmsTable } from '../db/schema/firms.ts'
import { changesOf, subjectOf } from './changes.ts'
import { actionsOf, whatOf } from './words.ts'

export type AuditFilters = Input<typeof audit.export>['query']

/** One entry as the database answers it. */
export interface Found extends Record<string, unknown> {
  id: string
  at: string
  actor_kind: AuditEntry['actorKind']
  actor_name: string | null
  action: string
  subject_name: string | null
  client_id: string | null
  client_name: string | null
  details: Record<string, unknown> | null
  ip: string | null
}

export const keyOf = (row: Found): string[] => [new Date(row.at).toISOString(), row.id]

const [yearOneMs, yearTenThousandMs] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('+010000-01-01T00:00:00Z')]

/** As PostgreSQL reads it. Before the year 1 and after 9999 ISO 8601 has spellings that it does not know, and nothing was recorded. */
function toTimestamp(atMs: number): string {
  if (atMs < yearOneMs) return '-infinity'
  return atMs < yearTenThousandMs ? new Date(atMs).toISOString() : 'infinity'
}

/** The conditions of the filters over `l`, but for the kind. */
function conditions(ctx: StaffCtx, { who, clientId, from, to }: AuditFilters, zone: string): SQL[] {
  if (from !== undefined && to !== undefined && from > to) throw invalidField('query.to', 'The last date is before the first date.')
  const start = (day: string, add = 0): string =>
    toTimestamp(Temporal.PlainDate.from(day).add({ days: add }).toZonedDateTime(zone).epochMilliseconds)
  const byWhom =
    who === undefined
      ? sql`true`
      : who === 'clients'
        ? sql`l.actor_kind = 'client'`
        : who === 'system'
          ? sql`l.actor_kind = 'system' and l.actor_id is null`
          : sql`l.actor_id = ${who}::uuid`
  return [
    sql`l.firm_id = ${ctx.firmId}`,
    byWhom,
    clientId === undefined ? sql`true` : sql`l.client_id = ${clientId}::uuid`,
    from === undefined ? sql`true` : sql`l.at >= ${start(from)}::timestamptz`,
    to === undefined ? sql`true` : sql`l.at < ${start(to, 1)}::timestamptz`,
  ]
}

/**
 * A page of entries, newest first. It is cut in the log alone, by the index of what is filtered; a kind is looked for action by
 * action, each in its own order, since one index holds no order over several.
 */
export async function selectEntries(
  tx: Tx,
  ctx: StaffCtx,
  filters: AuditFilters,
  { after, limit }: { after: string[] | null; limit: number },
): Promise<Found[]> {
  const firm = one(await tx.select({ timeZone: firmsTable.timeZone }).from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
  const rest = after === null ? sql`true` : sql`(l.at, l.id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
  const where = sql.join([...conditions(ctx, filters, firm.timeZone), rest], sql` and `)
  const cut = (extra: SQL): SQL =>
    sql`(select l.* from audit_log l where ${where} and ${extra} order by l.at desc, l.id desc limit ${limit})`
  const parts = filters.kind === undefined ? [cut(sql`true`)] : actionsOf(filters.kind).map((action) => cut(sql`l.action = ${action}`))
  const { rows } = await tx.execute<Found>(sql`
    with page as materialized (
      select * from (${sql.join(parts, sql` union all `)}) l order by l.at desc, l.id desc limit ${limit}
    )
    select p.id, p.at, p.actor_kind, coalesce(s.name, a.business_name) as actor_name, p.action, t.name as subject_name,
      c.id as client_id, c.business_name as client_name, d.details, p.ip
    from page p
    left join staff s on s.firm_id = p.firm_id and p.actor_kind = 'staff' and s.id = p.actor_id
    left join clients a on a.firm_id = p.firm_id and p.actor_kind = 'client' and a.id = p.actor_id
    left join staff t on t.firm_id = p.firm_id and t.id = p.subject_id
    left join clients c on c.firm_id = p.firm_id and c.id = p.client_id
    left join audit_details d on d.firm_id = p.firm_id and d.audit_id = p.id
    order by p.at desc, p.id desc`)
  return rows
}

/** Names of all colleagues and groups by their ids: entries name them by ids, for names change. */
export async function readNames(tx: Tx, ctx: StaffCtx): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.execute<{ id: string; name: string }>(sql`
    select s.id, s.name from staff s where s.firm_id = ${ctx.firmId}
    union all select g.id, g.name from client_groups g where g.firm_id = ${ctx.firmId}`)
  return new Map(rows.map(({ id, name }) => [id, name]))
}

const nobody: Record<AuditEntry['actorKind'], string> = { staff: 'A former colleague', client: 'A deleted client', system: 'Ledgersync' }

export function toEntry(row: Found, names: ReadonlyMap<string, string>): AuditEntry {
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    actorKind: row.actor_kind,
    actorName: row.actor_name ?? nobody[row.actor_kind],
    what: whatOf(row.action),
    subject: row.subject_name ?? subjectOf(row.details, names),
    clientId: row.client_id,
    clientName: row.client_name,
    changes: changesOf(row.details, names),
    ip: row.ip,
  }
}

/** A page of the audit log. */
export async function listAuditLog(ctx: StaffCtx, query: Input<typeof audit.list>['query']): Promise<Page<AuditEntry>> {
  const { limit = 50, cursor, ...filters } = query
  const after = decodeCursor(cursor, [instantPattern, idPattern])
  return withFirm(
    ctx,
    async (tx) => {
      const rows = await selectEntries(tx, ctx, filters, { after, limit: limit + 1 })
      const names = await readNames(tx, ctx)
      return toPage(rows, limit, keyOf, (row) => toEntry(row, names))
    },
    'read',
  )
}
