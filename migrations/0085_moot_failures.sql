-- As before, but also of work that failed by itself: whatever was left to the operators for a day and was then not asked for again by
-- the recovery, nothing needs any more.
create or replace function job_sweep() returns void
language sql security definer set search_path = pg_catalog as $$
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and (j.payload -> '_cron' is null or j.last_error is null);
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is not null and j.updated_at < now() - interval '25 hours';
  delete from graphile_worker._private_jobs j
    where j.locked_at is null and j.attempts >= j.max_attempts and j.key is null and j.payload -> '_cron' is not null and exists (
      select from graphile_worker._private_jobs later where later.task_id = j.task_id and later.id > j.id and later.locked_at is null
        and later.attempts >= later.max_attempts and later.payload -> '_cron' is not null);
  delete from graphile_worker._private_job_queues q where q.id in (
    select free.id from graphile_worker._private_job_queues free
    where free.locked_at is null and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = free.id)
    for update skip locked);
$$;
