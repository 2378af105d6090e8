import { type SQL, sql } from 'drizzle-orm'
import { longestTransactionMs } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { idsBefore, newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'

/** Work of a firm that somebody has to see to, by the job that would do it. */
export type OverdueTask =
  | 'deliver_message'
  | 'push_books'
  | 'finish_link_session'
  | 'disconnect_bank'
  | 'refresh_books'
  | 'revoke_books'
  | 'apply_rules'
  | 'run_upload'
  | 'seal_audit'
  | 'verify_audit'
  | 'run_bulk'

export interface Overdue extends Record<string, unknown> {
  task: OverdueTask
  /** Of the row, and of the job's key. */
  id: string
}

/** A job that was asked for just now is on its way. */
const graceMs = 2 * 60_000
const unsealedMs = 60_000
/** Of each kind in one look: what is beyond has its turn at the next. */
const rowsMax = 500

/**
 * What is due by its own row and so must have a job. The rows tell alone: whether it has one is asked afterwards. Connections
 * are not among it, for the poll asks for them by the same rows anyway.
 */
export async function selectOverdue(tx: Tx, ctx: Ctx): Promise<Overdue[]> {
  const now = ctx.deps.now().getTime()
  const before = at(now - graceMs)
  const parts = [
    sql`select 'deliver_message' as task, m.id from messages m where m.firm_id = ${ctx.firmId} and m.state = 'queued'
      and coalesce(m.not_before, m.created_at) < ${before}`,
    // One that nobody can find out about any more has no lease
    sql`select 'deliver_message', m.id from messages m where m.firm_id = ${ctx.firmId} and m.state in ('sending', 'unknown') and m.lease_until < ${before}`,
    sql`select distinct 'push_books', p.books_id from pushes p join books b on b.firm_id = p.firm_id and b.id = p.books_id and b.state = 'connected'
      where p.firm_id = ${ctx.firmId} and p.state in ('queued', 'sending', 'undoing')
        and coalesce(p.lease_until, p.undo_requested_at, p.created_at) < ${before}`,
    sql`select 'finish_link_session', s.id from link_sessions s where s.firm_id = ${ctx.firmId} and s.state in ('open', 'exited', 'exchanging')
      and s.link_token_sealed is not null and s.created_at < ${before}`,
    sql`select 'disconnect_bank', d.id from bank_disconnects d where d.firm_id = ${ctx.firmId} and d.done_at is null and d.created_at < ${before}`,
    sql`select 'revoke_books', r.id from books_revocations r where r.firm_id = ${ctx.firmId} and r.done_at is null and r.created_at < ${before}`,
    sql`select 'refresh_books', b.id from books b where b.firm_id = ${ctx.firmId} and b.state = 'connected' and b.refresh_requested_at < ${before}
      and (b.refreshed_at is null or b.refreshed_at < b.refresh_requested_at)`,
    sql`select 'apply_rules', r.client_id from rule_runs r where r.firm_id = ${ctx.firmId} and r.due_at < ${before}`,
    sql`select 'verify_audit', c.id from audit_checks c where c.firm_id = ${ctx.firmId} and c.finished_at is null and c.requested_at < ${before}`,
    sql`select 'run_bulk', r.id from bulk_runs r where r.firm_id = ${ctx.firmId} and r.finished_at is null and r.requested_at < ${before}`,
    sql`select 'run_upload', u.id from uploads u where u.firm_id = ${ctx.firmId} and u.state in ('queued', 'inviting') and u.requested_at < ${before}`,
    sql`select 'seal_audit', ${ctx.firmId}::uuid where ${unsealed(ctx, at(now - unsealedMs))}`,
  ]
  const bounded = parts.map((part) => sql`(${part} limit ${rowsMax})`)
  return (await tx.execute<Overdue>(sql.join(bounded, sql` union all `))).rows
}

/** Entries after the last that was sealed, and those of later ones' neighbourhood that were committed after them. */
function unsealed(ctx: Ctx, before: SQL): SQL {
  const { firmId } = ctx
  const last = sql`select c.audit_id from audit_chain c where c.firm_id = ${firmId} order by c.seq desc limit 1`
  const nothing = '00000000-0000-0000-0000-000000000000'
  return sql`(
    exists (select from audit_log l where l.firm_id = ${firmId} and l.id > coalesce((${last}), ${nothing}) and l.at < ${before})
    or exists (select from audit_log l where l.firm_id = ${firmId} and l.id > ${idsBefore(newId(), longestTransactionMs)} and l.at < ${before}
      and not exists (select from audit_chain c where c.firm_id = l.firm_id and c.audit_id = l.id)))`
}

const at = (ms: number): SQL => sql`${new Date(ms).toISOString()}::timestamptz`
