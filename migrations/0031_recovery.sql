-- Work that must not be lost with its job (api/src/recovery): every few minutes rows that need work and have no job get one again.

-- Rules are to run over a client's rows, as was asked for then: the wish outlives its job. No row: nothing is due.
create table rule_runs (
  firm_id uuid not null,
  client_id uuid not null,
  due_at timestamptz not null,
  primary key (firm_id, client_id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
call protect_tenant_table('rule_runs', 'select, insert, update, delete');

-- What is on its way is little at any time: these indexes stay small.
create index messages_queued on messages (firm_id, created_at) where state = 'queued';
create index pushes_on_their_way on pushes (firm_id, books_id) where state in ('queued', 'sending', 'undoing');
create index link_sessions_on_their_way on link_sessions (firm_id, created_at) where state in ('opening', 'open', 'exited', 'exchanging');
create index bank_disconnects_waiting on bank_disconnects (firm_id, created_at) where done_at is null;
create index books_revocations_waiting on books_revocations (firm_id, created_at) where done_at is null;

-- Which of these keys have no job. One that was given up within the day is left to the operators, who see it with its reason;
-- after that it is tried anew.
create function jobs_missing(keys text[]) returns setof text
language sql stable security definer set search_path = pg_catalog as $$
  select k from unnest(keys) k where not exists (
    select from graphile_worker._private_jobs j
    where j.key = k and (j.locked_at is not null or j.attempts < j.max_attempts or j.updated_at > now() - interval '1 day'))
$$;

-- Ids of stored webhooks that were not handled, of those received between two times, oldest first.
create function webhooks_unhandled(from_ timestamptz, until_ timestamptz, page integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
  select w.id from webhook_inbox w where w.handled_at is null and w.received_at >= from_ and w.received_at < until_ order by w.received_at limit page
$$;

-- Like the function of the same name without a priority, which programs of before go on using while they are replaced.
create function enqueue(
  task text, payload json, key text, run_at timestamptz, queue text, attempts_max integer, keep_run_at boolean, priority integer)
returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform graphile_worker.add_job(
    identifier => task, payload => payload, queue_name => queue, run_at => run_at, max_attempts => attempts_max, priority => priority,
    job_key => key, job_key_mode => case when keep_run_at then 'preserve_run_at' else 'replace' end);
end
$$;

-- Besides what it forgot before: of work that comes by the clock and failed, only the latest tells an operator anything.
create or replace function job_sweep() returns void
language sql security definer set search_path = pg_catalog as $$
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and j.payload -> '_cron' is null;
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and j.payload -> '_cron' is not null and exists (
      select from graphile_worker._private_jobs later where later.task_id = j.task_id and later.id > j.id and later.locked_at is null
        and later.attempts >= later.max_attempts and later.payload -> '_cron' is not null);
  delete from graphile_worker._private_job_queues q where q.id in (
    select free.id from graphile_worker._private_job_queues free
    where free.locked_at is null and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = free.id)
    for update skip locked);
$$;

revoke execute on function jobs_missing(text[]), webhooks_unhandled(timestamptz, timestamptz, integer),
  enqueue(text, json, text, timestamptz, text, integer, boolean, integer) from public;
grant execute on function jobs_missing(text[]), webhooks_unhandled(timestamptz, timestamptz, integer),
  enqueue(text, json, text, timestamptz, text, integer, boolean, integer) to ledgersync_app;
