-- A job that waits for its time, asked for once more for later or the same time: there is nothing to add, and those who ask need not
-- queue up. Held until the transaction ends, so that no worker takes it before it can see what this one has written. One that is
-- being taken at this moment, has failed, or is less urgent goes the long way.
create or replace function enqueue(
  task text, payload json, key text, run_at timestamptz, queue text, attempts_max integer, keep_run_at boolean, priority integer)
returns void language plpgsql security definer set search_path = pg_catalog, public as $$
declare added bigint;
begin
  if keep_run_at then
    perform from graphile_worker._private_jobs j
      where j.key = enqueue.key and j.locked_at is null and j.attempts = 0 and j.priority <= enqueue.priority
      for key share skip locked;
    if found then return; end if;
  end if;
  for tries in 1..100 loop
    select j.id into added from graphile_worker.add_job(
      identifier => task, payload => payload, queue_name => queue, run_at => run_at, max_attempts => attempts_max, priority => priority,
      job_key => key, job_key_mode => case when keep_run_at then 'preserve_run_at' else 'replace' end) j;
    if added is not null then return; end if;
  end loop;
  raise exception 'the job % could not be added', key;
end
$$;

-- Also of a delivery: it is over within minutes. A job that is held for longer is that of a process that hangs, and the lease on its
-- message has run out.
create or replace function jobs_missing(keys text[]) returns setof text
language sql stable security definer set search_path = pg_catalog as $$
  select k from unnest(keys) k where not exists (
    select from graphile_worker._private_jobs j
    where j.key = k and case when j.locked_at is null then j.attempts < j.max_attempts or j.updated_at > now() - interval '1 day'
      else k not like 'deliver\_message:%' or j.locked_at > now() - interval '5 minutes' end)
$$;
