-- A job that is asked for while a worker is just taking the one of its key. graphile_worker.add_job (0.17) first sees that one wait,
-- so leaves it its key, and then sees it held, so adds nothing and answers nothing. Asked once more it sees it held from the start.
create or replace function enqueue(
  task text, payload json, key text, run_at timestamptz, queue text, attempts_max integer, keep_run_at boolean, priority integer)
returns void language plpgsql security definer set search_path = pg_catalog, public as $$
declare added bigint;
begin
  for tries in 1..100 loop
    select j.id into added from graphile_worker.add_job(
      identifier => task, payload => payload, queue_name => queue, run_at => run_at, max_attempts => attempts_max, priority => priority,
      job_key => key, job_key_mode => case when keep_run_at then 'preserve_run_at' else 'replace' end) j;
    if added is not null then return; end if;
  end loop;
  raise exception 'the job % could not be added', key;
end
$$;
