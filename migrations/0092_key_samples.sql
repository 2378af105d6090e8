-- At its start the program tries each key-encryption key on a data key that stands as wrapped by it: the oldest firm's.
grant create on schema public to ledgersync_lookup;
create function firm_key_samples() returns table (firm_id uuid, kek_id text, wrapped_key bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
  select distinct on (k.kek_id) k.firm_id, k.kek_id, k.wrapped_key from firm_keys k order by k.kek_id, k.firm_id
$$;
alter function firm_key_samples() owner to ledgersync_lookup;
revoke create on schema public from ledgersync_lookup;
revoke execute on function firm_key_samples() from public;
grant execute on function firm_key_samples() to ledgersync_app;
