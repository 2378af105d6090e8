import { type SQL, sql } from 'drizzle-orm'
import { minor, minorToDecimal } from '@ledgersync/shared/money'

/**
 * One file of the export. Its columns are named one by one, so that what is sealed (access to banks and to QuickBooks, links) is
 * in none of them, today or when a table grows.
 */
export interface ExportFile {
  name: string
  /** Columns of the answer, in their order. `amount` is in minor units of `currency`. */
  columns: readonly string[]
  /** Rows of the client that `scope` names, each with an `id` by which pages are cut. */
  select: SQL
}

/** What a client has, table by table, in the words of the screens. */
export const exportFiles: readonly ExportFile[] = [
  {
    name: 'client.csv',
    columns: [
      'business_name',
      'contact_first_name',
      'contact_last_name',
      'email',
      'phone',
      'username',
      'staff_have_access',
      'text_consent_at',
      'time_zone',
      'language',
      'locked_at',
      'created_at',
      'group_name',
      'staff',
      'banks_asked_for',
    ],
    select: sql`select x.id, x.business_name, x.contact_first_name, x.contact_last_name, x.email, x.phone, x.username, x.staff_have_access,
      x.text_consent_at, x.time_zone, x.language, x.locked_at, x.created_at, g.name as group_name,
      (select string_agg(s.name, '; ' order by s.name) from client_staff a join staff s on s.firm_id = a.firm_id and s.id = a.staff_id
        where a.firm_id = x.firm_id and a.client_id = x.id) as staff,
      (select string_agg(w.name, '; ' order by w.position) from wanted_banks w where w.firm_id = x.firm_id and w.client_id = x.id) as banks_asked_for
      from scope join clients x on x.firm_id = scope.firm and x.id = scope.client
      left join client_groups g on g.firm_id = x.firm_id and g.id = x.group_id`,
  },
  {
    name: 'connections.csv',
    columns: ['bank', 'health', 'cause', 'last_success_at', 'created_at', 'history'],
    select: sql`select x.id, x.institution_name as bank, x.health, x.cause, x.last_success_at, x.created_at,
      (select string_agg(e.at::text || ' ' || e.kind || ' (' || e.by || ')', '; ' order by e.at, e.id) from connection_events e
        where e.firm_id = x.firm_id and e.connection_id = x.id) as history
      from scope join connections x on x.firm_id = scope.firm and x.client_id = scope.client`,
  },
  {
    name: 'bank-accounts.csv',
    columns: ['bank', 'name', 'official_name', 'mask', 'type', 'subtype', 'currency', 'amount', 'balance_at', 'quickbooks_account', 'mode'],
    select: sql`select x.id, n.institution_name as bank, x.name, x.official_name, x.mask, x.type, x.subtype, x.currency, x.balance_minor as amount,
      x.balance_at, q.name as quickbooks_account, x.mode
      from scope join bank_accounts x on x.firm_id = scope.firm and x.client_id = scope.client
      join connections n on n.firm_id = x.firm_id and n.id = x.connection_id
      left join books_accounts q on q.firm_id = x.firm_id and q.id = x.books_account_id`,
  },
  {
    name: 'transactions.csv',
    columns: [
      'date',
      'description',
      'payee',
      'amount',
      'currency',
      'account',
      'mask',
      'check_number',
      'bank_category',
      'stage',
      'vendor',
      'category',
      'memo',
      'rule',
      'approved_at',
      'approved_by',
    ],
    select: sql`select x.id, x.date, x.description, x.payee, x.amount_minor as amount, x.currency, a.name as account, a.mask, x.check_number,
      x.bank_category, x.stage, v.name as vendor, coalesce(k.name, q.name) as category, x.memo, r.name as rule, x.approved_at, s.name as approved_by
      from scope join transactions x on x.firm_id = scope.firm and x.client_id = scope.client
      join bank_accounts a on a.firm_id = x.firm_id and a.id = x.bank_account_id
      left join books_vendors v on v.firm_id = x.firm_id and v.id = x.vendor_id
      left join categories k on k.firm_id = x.firm_id and k.id = x.category_id
      left join books_accounts q on q.firm_id = x.firm_id and q.id = x.books_account_id
      left join rules r on r.firm_id = x.firm_id and r.id = x.rule_id
      left join staff s on s.firm_id = x.firm_id and s.id = x.approved_by`,
  },
  {
    name: 'quickbooks-entries.csv',
    columns: [
      'kind',
      'amount',
      'currency',
      'state',
      'reason',
      'quickbooks_type',
      'quickbooks_id',
      'requested_at',
      'settled_at',
      'transaction_date',
      'description',
    ],
    select: sql`select x.id, x.kind, x.amount_minor as amount, x.currency, x.state, x.reason, x.provider_entity as quickbooks_type,
      x.provider_entry_id as quickbooks_id, x.created_at as requested_at, x.settled_at, t.date as transaction_date, t.description
      from scope join pushes x on x.firm_id = scope.firm and x.client_id = scope.client
      join transactions t on t.firm_id = x.firm_id and t.id = x.transaction_id`,
  },
  {
    name: 'category-mappings.csv',
    columns: ['category', 'quickbooks_account'],
    select: sql`select x.category_id as id, k.name as category, q.name as quickbooks_account
      from scope join category_mappings x on x.firm_id = scope.firm and x.client_id = scope.client
      join categories k on k.firm_id = x.firm_id and k.id = x.category_id
      join books_accounts q on q.firm_id = x.firm_id and q.id = x.books_account_id`,
  },
  {
    name: 'rules.csv',
    columns: ['name', 'priority', 'active', 'direction', 'match', 'conditions', 'actions', 'version', 'created_at', 'updated_at'],
    select: sql`select x.id, x.name, x.priority, x.active, x.direction, x.match, x.conditions, x.actions, x.version, x.created_at, x.updated_at
      from scope join rules x on x.firm_id = scope.firm and x.client_id = scope.client where x.deleted_at is null`,
  },
  {
    name: 'invites.csv',
    columns: [
      'channel',
      'state',
      'reason',
      'created_at',
      'created_by',
      'expires_at',
      'sent_at',
      'delivered_at',
      'opened_at',
      'started_at',
      'connected_at',
      'bank_chosen_at',
      'bank_chosen',
      'stopped_by',
      'ended_at',
    ],
    select: sql`select x.id, x.channel, x.state, x.reason, x.created_at, s.name as created_by, x.expires_at, x.sent_at, x.delivered_at, x.opened_at,
      x.started_at, x.connected_at, x.bank_chosen_at, x.visit_bank as bank_chosen, x.visit_trouble as stopped_by, x.ended_at
      from scope join invites x on x.firm_id = scope.firm and x.client_id = scope.client
      join staff s on s.firm_id = x.firm_id and s.id = x.created_by`,
  },
  {
    name: 'bank-sign-ins.csv',
    columns: ['started_by', 'state', 'reason', 'created_at', 'finished_at', 'furthest_step', 'bank', 'trouble', 'exit', 'exit_at'],
    select: sql`select x.id, x.started_by_kind as started_by, x.state, x.reason, x.created_at, x.finished_at, x.step as furthest_step,
      x.bank_name as bank, x.trouble, x.exit_status as exit, x.exit_at
      from scope join link_sessions x on x.firm_id = scope.firm and x.client_id = scope.client`,
  },
  {
    // The files themselves stand beside it
    name: 'statements.csv',
    columns: ['file_name', 'kind', 'size_in_bytes', 'received_at', 'sent_by', 'sha256'],
    select: sql`select x.id, x.file_name, x.kind, x.byte_count::text as size_in_bytes, x.received_at, coalesce(s.name, 'client') as sent_by, x.sha256
      from scope join statements x on x.firm_id = scope.firm and x.client_id = scope.client
      left join staff s on s.firm_id = x.firm_id and s.id = x.sent_by`,
  },
  {
    // Their text has [link] and [code] where the secrets were
    name: 'messages.csv',
    columns: ['purpose', 'channel', 'to', 'subject', 'body', 'state', 'reason', 'created_at'],
    select: sql`select x.id, x.purpose, x.channel, x.to_address as to, case when x.is_shared then null else x.subject end as subject,
      case when x.is_shared then 'Its words name other clients of the same person too.' else x.body end as body, x.state, x.reason, x.created_at
      from scope join messages x on x.firm_id = scope.firm and x.id in (
        select m.id from messages m where m.firm_id = scope.firm and m.client_id = scope.client
        union all select m.id from link_invites g join messages m on m.firm_id = g.firm_id and m.link_id = g.link_id and m.is_shared
          where g.firm_id = scope.firm and g.client_id = scope.client)`,
  },
  {
    name: 'audit-log.csv',
    columns: ['at', 'who', 'action', 'details'],
    select: sql`select x.id, x.at, coalesce(s.name, x.actor_kind) as who, x.action, d.details
      from scope join audit_log x on x.firm_id = scope.firm and x.client_id = scope.client
      left join audit_details d on d.firm_id = x.firm_id and d.audit_id = x.id
      left join staff s on s.firm_id = x.firm_id and s.id = x.actor_id`,
  },
]

/** The cells of a row, in the order of the file's columns. */
export function cellsOf({ columns }: ExportFile, row: Record<string, unknown>): string[] {
  return columns.map((column) => {
    const value = row[column]
    if (value === null || value === undefined) return ''
    if (column === 'amount') return minorToDecimal(minor(Number(value)), String(row.currency))
    if (value instanceof Date) return value.toISOString()
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}
