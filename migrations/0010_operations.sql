-- What operators see of background work, and the little they may do about it. The app role has no right on the job schema:
-- it gets these functions, each with one purpose. They show ids and never what else a payload holds.

-- A page of counts must stay cheap with a million jobs, so each state of a job has an index of its own. The last two have
-- entries only while something fails.
create index ledgersync_jobs_fresh on graphile_worker._private_jobs (task_id, run_at) where is_available and attempts = 0;
create index ledgersync_jobs_running on graphile_worker._private_jobs (task_id, locked_at) where locked_at is not null;
create index ledgersync_jobs_retrying on graphile_worker._private_jobs (task_id, run_at, id) where is_available and attempts > 0;
-- A job that began and was then asked for anew loses its key to its successor. Should it fail, nothing is lost: it is no failure.
-- Jobs of the schedule never have a key.
create index ledgersync_jobs_given_up on graphile_worker._private_jobs (task_id, run_at, id)
  where locked_at is null and attempts >= max_attempts and (key is not null or payload -> '_cron' is not null);

-- Webhooks are handled within seconds, and so are claims: these indexes stay small.
create index webhook_inbox_unhandled on webhook_inbox (received_at) where handled_at is null;
create index messages_leased on messages (lease_until) where state in ('sending', 'unknown') and lease_until is not null;
create index pushes_leased on pushes (lease_until) where state = 'sending';

-- Counts of each task's jobs, none beyond count_max: reading stops there. Each part asks for the order of its own index, and the
-- planner may neither sort nor scan for it: by its statistics, reading the index of all jobs can look cheaper than it is.
create function ops_tasks(count_max integer) returns table (
  task text, waiting bigint, due bigint, running bigint, retrying bigint, given_up bigint, oldest_due_at timestamptz, running_since timestamptz)
language sql stable security definer
set search_path = pg_catalog set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
  select t.identifier, waiting.n, least(fresh.n + again.n, count_max), running.n, retrying.n, given_up.n, least(fresh.at, again.at), running.at
  from graphile_worker._private_tasks t
  cross join lateral (select count(*) as n from (
    select from graphile_worker._private_jobs j where j.task_id = t.id and j.is_available and j.attempts = 0 and j.run_at > now()
    order by j.run_at limit count_max) x) waiting
  cross join lateral (select count(*) as n, min(x.run_at) as at from (
    select j.run_at from graphile_worker._private_jobs j where j.task_id = t.id and j.is_available and j.attempts = 0 and j.run_at <= now()
    order by j.run_at limit count_max) x) fresh
  cross join lateral (select count(*) as n, min(x.run_at) as at from (
    select j.run_at from graphile_worker._private_jobs j where j.task_id = t.id and j.is_available and j.attempts > 0 and j.run_at <= now()
    order by j.run_at limit count_max) x) again
  cross join lateral (select count(*) as n from (
    select from graphile_worker._private_jobs j where j.task_id = t.id and j.is_available and j.attempts > 0 and j.run_at > now()
    order by j.run_at limit count_max) x) retrying
  cross join lateral (select count(*) as n, min(x.locked_at) as at from (
    select j.locked_at from graphile_worker._private_jobs j where j.task_id = t.id and j.locked_at is not null
    order by j.locked_at limit count_max) x) running
  cross join lateral (select count(*) as n from (
    select from graphile_worker._private_jobs j where j.task_id = t.id and j.locked_at is null and j.attempts >= j.max_attempts
      and (j.key is not null or j.payload -> '_cron' is not null)
    order by j.run_at limit count_max) x) given_up
$$;

-- Jobs that have failed, a page at a time: given up ones first, in each part the latest `run_at` first, which is where the
-- tries are the most. A page begins after the row of these values; all null for the first.
create function ops_failures(task_ text, after_given_up boolean, after_run_at timestamptz, after_id bigint, page integer) returns table (
  id bigint, task text, given_up boolean, attempts integer, attempts_max integer, last_error text, created_at timestamptz,
  run_at timestamptz, firm_id uuid, subject_id uuid)
language sql stable security definer
set search_path = pg_catalog set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
  select f.id, t.identifier, f.given_up, f.attempts, f.max_attempts, left(f.last_error, 500), f.created_at, f.run_at,
    case when f.payload ->> 'firmId' ~ '^[0-9a-f-]{36}$' then (f.payload ->> 'firmId')::uuid end,
    (select p.value::uuid from json_each_text(f.payload) p where p.key <> 'firmId' and p.value ~ '^[0-9a-f-]{36}$' limit 1)
  from graphile_worker._private_tasks t
  cross join lateral (
    (select j.id, true as given_up, j.attempts, j.max_attempts, j.last_error, j.created_at, j.run_at, j.payload
      from graphile_worker._private_jobs j
      where j.task_id = t.id and j.locked_at is null and j.attempts >= j.max_attempts
        and (j.key is not null or j.payload -> '_cron' is not null)
        and (j.run_at, j.id) < (
          case when after_id is null then 'infinity' when after_given_up then after_run_at else '-infinity' end, coalesce(after_id, 0))
      order by j.run_at desc, j.id desc limit page)
    union all
    (select j.id, false, j.attempts, j.max_attempts, j.last_error, j.created_at, j.run_at, j.payload
      from graphile_worker._private_jobs j
      where j.task_id = t.id and j.is_available and j.attempts > 0
        and (j.run_at, j.id) < (case when after_id is null or after_given_up then 'infinity' else after_run_at end, coalesce(after_id, 0))
      order by j.run_at desc, j.id desc limit page)
  ) f
  where task_ is null or t.identifier = task_
  order by f.given_up desc, f.run_at desc, f.id desc limit page
$$;

-- Queues in which a job is at work, or was when its worker died; those held longest first.
create function ops_queues(page integer) returns table (queue text, task text, held_since timestamptz)
language sql stable security definer set search_path = pg_catalog set enable_seqscan = off set jit = off as $$
  with running as (select j.job_queue_id, j.task_id from graphile_worker._private_jobs j where j.locked_at is not null)
  select q.queue_name, (
    select t.identifier from running r join graphile_worker._private_tasks t on t.id = r.task_id where r.job_queue_id = q.id limit 1), q.locked_at
  from graphile_worker._private_job_queues q where q.locked_at is not null order by q.locked_at, q.id limit page
$$;

-- When each task of the schedule ran last.
create function ops_schedule() returns table (task text, known_since timestamptz, last_run_at timestamptz)
language sql stable security definer set search_path = pg_catalog as $$
  select c.identifier, c.known_since, c.last_execution from graphile_worker._private_known_crontabs c order by c.identifier
$$;

-- The processes that take jobs: each holds an advisory lock of this class on the name it takes them under (dead-workers.ts),
-- on a connection that ends with it.
create function ops_workers(lock_class integer) returns table (name text, since timestamptz, running bigint)
language sql stable security definer set search_path = pg_catalog set enable_seqscan = off set jit = off as $$
  select a.application_name, a.backend_start, (
    select count(*) from graphile_worker._private_jobs j
    where j.locked_at is not null and hashtext(j.locked_by)::bigint & 4294967295 = any (array_agg(l.objid::bigint)))
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = lock_class::oid
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
  group by a.pid, a.application_name, a.backend_start
  order by a.backend_start, a.pid
$$;

-- Webhooks that were stored and not handled yet, none counted beyond count_max.
create function ops_webhooks(count_max integer) returns table (waiting bigint, oldest_at timestamptz)
language sql stable security definer
set search_path = pg_catalog, public set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
  select count(*), min(x.received_at) from (
    select w.received_at from webhook_inbox w where w.handled_at is null order by w.received_at limit count_max) x
$$;

-- Messages and entries of all firms whose outcome should have been found out by then and was not: only how many, none counted
-- beyond count_max, and how old the oldest is.
grant create on schema public to ledgersync_lookup;
create function ops_doubts(by_then timestamptz, count_max integer) returns table (kind text, doubtful bigint, oldest_at timestamptz)
language sql stable security definer
set search_path = pg_catalog, public set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
  select 'messages', count(*), min(x.lease_until) from (
    select m.lease_until from messages m where m.state in ('sending', 'unknown') and m.lease_until is not null and m.lease_until < by_then
    order by m.lease_until limit count_max) x
  union all
  select 'pushes', count(*), min(x.lease_until) from (
    select p.lease_until from pushes p where p.state = 'sending' and p.lease_until < by_then order by p.lease_until limit count_max) x
$$;
alter function ops_doubts(timestamptz, integer) owner to ledgersync_lookup;
revoke create on schema public from ledgersync_lookup;

-- What a failed job is about, so that the transaction that acts on it can be its firm's. No row when it has not failed, runs, or is gone.
create function ops_find(job bigint) returns table (task text, firm_id uuid, subject_id uuid, given_up boolean)
language sql stable security definer set search_path = pg_catalog as $$
  select t.identifier, case when j.payload ->> 'firmId' ~ '^[0-9a-f-]{36}$' then (j.payload ->> 'firmId')::uuid end,
    (select p.value::uuid from json_each_text(j.payload) p where p.key <> 'firmId' and p.value ~ '^[0-9a-f-]{36}$' limit 1),
    j.attempts >= j.max_attempts
  from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
  where j.id = job and j.locked_at is null and j.attempts > 0 and (j.key is not null or j.payload -> '_cron' is not null)
$$;

-- Failed jobs that no worker holds become due now, with all their tries. A firm's job moves only in a transaction of that firm,
-- which is where it is audited. Answers those that moved.
create function ops_retry(jobs bigint[]) returns setof bigint
language plpgsql security definer set search_path = pg_catalog as $$
declare free bigint[];
begin
  select array_agg(f.id) into free from (
    select j.id from graphile_worker._private_jobs j
    where j.id = any (jobs) and j.locked_at is null and j.attempts > 0 and (j.key is not null or j.payload -> '_cron' is not null)
      and coalesce(j.payload ->> 'firmId', current_setting('app.firm', true)) = current_setting('app.firm', true)
    order by j.id for update) f;
  return query select r.id from graphile_worker.reschedule_jobs(job_ids => free, run_at => now(), attempts => 0) r;
end
$$;

-- Forgets a job that was given up; the same rule about firms. True when it is gone by this.
create function ops_discard(job bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
declare free bigint[];
begin
  select array_agg(f.id) into free from (
    select j.id from graphile_worker._private_jobs j
    where j.id = job and j.locked_at is null and j.attempts >= j.max_attempts and (j.key is not null or j.payload -> '_cron' is not null)
      and coalesce(j.payload ->> 'firmId', current_setting('app.firm', true)) = current_setting('app.firm', true)
    for update) f;
  return exists (select from graphile_worker.complete_jobs(free));
end
$$;

-- Forgets what the job schema keeps for ever: queues without a job (a visit to a bank has one of its own, and taking a job locks
-- every free queue), and jobs that failed after a successor had taken their key. A job asked for in the very instant its queue
-- is forgotten runs outside of it, which every job can bear.
create function job_sweep() returns void
language sql security definer set search_path = pg_catalog as $$
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and j.payload -> '_cron' is null;
  delete from graphile_worker._private_job_queues q where q.id in (
    select free.id from graphile_worker._private_job_queues free
    where free.locked_at is null and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = free.id)
    for update skip locked);
$$;

revoke execute on function
  ops_tasks(integer), ops_failures(text, boolean, timestamptz, bigint, integer), ops_queues(integer), ops_schedule(), ops_workers(integer),
  ops_webhooks(integer), ops_doubts(timestamptz, integer), ops_find(bigint), ops_retry(bigint[]), ops_discard(bigint), job_sweep()
from public;
grant execute on function
  ops_tasks(integer), ops_failures(text, boolean, timestamptz, bigint, integer), ops_queues(integer), ops_schedule(), ops_workers(integer),
  ops_webhooks(integer), ops_doubts(timestamptz, integer), ops_find(bigint), ops_retry(bigint[]), ops_discard(bigint), job_sweep()
to ledgersync_app;
