-- STOP and START are handled by jobs, in whatever order: what holds is the word that came last, so both times are kept. Programs of
-- before go on using opt_out_clear while they are replaced.
alter table opt_outs add column ended_at timestamptz;

create or replace function opt_out_set(from_ text, hash bytea, at_ timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into opt_outs as o values (from_, hash, at_) on conflict (sender, number_hash) do update set at = greatest(o.at, excluded.at)
$$;

create function opt_out_end(from_ text, hash bytea, at_ timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into opt_outs as o values (from_, hash, '-infinity', at_)
    on conflict (sender, number_hash) do update set ended_at = greatest(o.ended_at, excluded.ended_at)
$$;

-- Of a STOP and a START in the same moment STOP holds.
create or replace function opt_out_find(from_ text, hashes bytea[]) returns table (number_hash bytea, at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select o.number_hash, o.at from opt_outs o
  where o.sender = from_ and o.number_hash = any (hashes) and o.at >= coalesce(o.ended_at, '-infinity')
$$;

revoke execute on function opt_out_end(text, bytea, timestamptz) from public;
grant execute on function opt_out_end(text, bytea, timestamptz) to ledgersync_app;
