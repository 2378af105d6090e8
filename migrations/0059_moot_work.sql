-- As before, and besides: work that died with its worker every time, and was not asked for again within the hour. Whatever still
-- needed it was given a new job by the recovery, which comes every five minutes and takes this one's place; so nothing needs it.
create or replace function job_sweep() returns void
language sql security definer set search_path = pg_catalog as $$
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and (j.payload -> '_cron' is null or j.last_error is null);
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is not null and j.last_error is null and j.run_at < now() - interval '1 hour';
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and j.payload -> '_cron' is not null and exists (
      select from graphile_worker._private_jobs later where later.task_id = j.task_id and later.id > j.id and later.locked_at is null
        and later.attempts >= later.max_attempts and later.payload -> '_cron' is not null);
  delete from graphile_worker._private_job_queues q where q.id in (
    select free.id from graphile_worker._private_job_queues free
    where free.locked_at is null and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = free.id)
    for update skip locked);
$$;
