-- The program looks whether the database is migrated as far as it needs before it serves anybody.
create function applied_migrations() returns setof text
language sql stable security definer set search_path = pg_catalog, public as $$
  select m.name from schema_migrations m
$$;
revoke execute on function applied_migrations() from public;
grant execute on function applied_migrations() to ledgersync_app;
