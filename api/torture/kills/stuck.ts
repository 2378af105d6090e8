import type { Installation } from './installation.ts'

/** What a part of the comparison counted and found. */
interface Found {
  counts: Record<string, number>
  violations: string[]
}

/** Nothing waits that is due, nothing was given up, nothing is held by the dead, and no row is left in the middle of something. */
export async function findStuck(installation: Installation): Promise<Found> {
  const { query } = installation
  const jobs = await query<{ task: string; attempts: number; max: number; error: string | null; held: boolean; due: boolean }>(
    `select t.identifier as task, j.attempts, j.max_attempts as max, j.last_error as error, coalesce(j.locked_at < now() - interval '30 seconds', false) as held,
       j.locked_at is null and j.run_at < now() - interval '30 seconds' as due
     from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id`,
  )
  const violations = [
    ...jobs
      .filter(({ attempts, max, due }) => attempts >= max || due)
      .map(({ task, attempts, error }) => `job ${task} is stuck after ${attempts} attempts: ${error ?? 'no error'}`),
    ...jobs.filter(({ held }) => held).map(({ task }) => `job ${task} is held, and nobody works on it`),
    ...(await halfDone(installation)),
  ]
  const webhooks = await query<{ n: number }>(`select count(*)::int as n from webhook_inbox where handled_at is null`)
  if ((webhooks[0]?.n ?? 0) > 0) violations.push(`${webhooks[0]?.n} webhooks were never handled`)
  return { counts: { 'jobs left for later': jobs.length }, violations }
}

/** By the clock of the product, whose latest word stands in the audit log. */
const longAgo = `(select max(at) from audit_log) - interval '3 hours'`

/** Each looks for rows that no job will ever touch again although they wait for one. */
const looks: Record<string, string> = {
  'rows are on their way without an entry': `select t.id from transactions t where t.stage = 'pushing'
    and not exists (select from pushes p where p.firm_id = t.firm_id and p.transaction_id = t.id and p.state in ('queued', 'sending'))`,
  'rows are called pushed without an entry, or the other way round': `select t.id from transactions t
    where (t.stage = 'pushed') <> exists (select from pushes p where p.firm_id = t.firm_id and p.transaction_id = t.id and p.state in ('pushed', 'undoing'))`,
  'batches with nothing left are not processed': `select b.id from push_batches b where b.processed_at is null
    and not exists (select from pushes p where p.firm_id = b.firm_id and p.batch_id = b.id and p.state in ('queued', 'sending', 'undoing'))`,
  'invites wait although a message of theirs went out': `select i.id from invites i where i.state = 'queued'
    and exists (select from invite_messages v join messages m on m.firm_id = v.firm_id and m.id = v.message_id
      where v.firm_id = i.firm_id and v.invite_id = i.id and m.state in ('sent', 'delivered'))`,
  'visits to a bank are not over': `select s.id from link_sessions s where (s.state = 'opening' or s.link_token_sealed is not null) and s.created_at < ${longAgo}`,
  'connections wait for their accounts': `select c.id from connections c where not c.complete and c.created_at < ${longAgo} - interval '1 day'`,
  'runs of rules that were asked for never came': `select r.client_id as id from rule_runs r where r.due_at < ${longAgo}`,
  'lists of books that were asked for never came': `select b.id from books b where b.state = 'connected'
    and b.refresh_requested_at < ${longAgo} and (b.refreshed_at is null or b.refreshed_at < b.refresh_requested_at)`,
  'entries of the audit log are not sealed': `select l.id from audit_log l where l.at < ${longAgo}
    and not exists (select from audit_chain c where c.firm_id = l.firm_id and c.audit_id = l.id)`,
}

async function halfDone({ query }: Installation): Promise<string[]> {
  const found: string[] = []
  for (const [what, look] of Object.entries(looks)) {
    const rows = await query<{ id: string }>(`${look} limit 100`)
    if (rows.length > 0) found.push(`${rows.length} ${what}, such as ${rows[0]?.id}`)
  }
  return found
}
