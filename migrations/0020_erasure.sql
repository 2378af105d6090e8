-- Deleting a client leaves nothing that speaks of it but that it happened.

-- Access to a bank that is to be given back outlives the client it was for; from then on it is nobody's.
alter table bank_disconnects alter column client_id drop not null;

-- Access to a QuickBooks company to give back: the intent is written first, and outlives the books it was for.
-- Once done, nothing is left but that it was.
create table books_revocations (
  firm_id uuid not null references firms,
  id uuid not null,
  realm_id text,
  refresh_token_sealed bytea,
  created_at timestamptz not null,
  done_at timestamptz,
  primary key (firm_id, id)
);
call protect_tenant_table('books_revocations', 'select, insert, update, delete');

-- Gives back every key of these rows of the current firm. A row that is deleted may have keys whose text nobody keeps.
create index global_keys_by_row on global_keys (row_id);
create function keys_release_of(rows_ uuid[]) returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from global_keys g where g.row_id = any (rows_) and g.firm_id = nullif(current_setting('app.firm', true), '')::uuid
$$;
revoke execute on function keys_release_of(uuid[]) from public;
grant execute on function keys_release_of(uuid[]) to ledgersync_app;
