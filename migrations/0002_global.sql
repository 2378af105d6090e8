-- The few tables that belong to no firm. The app role has no right on them and reaches them only through
-- these functions, which take the exact key. Each table is on the reviewed list in api/src/db/global-tables.ts.

-- Who owns a name or a provider's id: usernames, link-token hashes, ids in webhooks.
create table global_keys (
  kind text not null,
  key text not null,
  firm_id uuid not null,
  row_id uuid not null,
  primary key (kind, key)
);

-- STOP belongs to a pair of sender and number, and outlives the client. The number is a keyed hash.
create table opt_outs (
  sender text not null,
  number_hash bytea not null,
  at timestamptz not null,
  primary key (sender, number_hash)
);

-- Verified webhooks, stored once by the provider's own id, emptied when they have been handled.
create table webhook_inbox (
  id uuid primary key,
  provider text not null,
  dedupe_key text not null,
  payload jsonb,
  received_at timestamptz not null,
  handled_at timestamptz,
  unique (provider, dedupe_key)
);

-- Attempts per key and window, counted for all API processes together. Losing it in a crash is harmless.
create unlogged table attempts (
  key text not null,
  window_start timestamptz not null,
  count integer not null,
  primary key (key, window_start)
);

create function key_claim(k text, v text, firm uuid, row_ uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if firm is distinct from nullif(current_setting('app.firm', true), '')::uuid then
    raise exception 'key_claim: the firm is not the current one';
  end if;
  insert into global_keys values (k, v, firm, row_) on conflict do nothing;
  return exists (select 1 from global_keys g where g.kind = k and g.key = v and g.firm_id = firm and g.row_id = row_);
end
$$;

create function key_find(k text, v text) returns table (firm_id uuid, row_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select g.firm_id, g.row_id from global_keys g where g.kind = k and g.key = v
$$;

create function key_release(k text, v text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  delete from global_keys g where g.kind = k and g.key = v and g.firm_id = nullif(current_setting('app.firm', true), '')::uuid;
  return found;
end
$$;

create function opt_out_set(from_ text, hash bytea, at_ timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into opt_outs values (from_, hash, at_) on conflict do nothing
$$;

create function opt_out_clear(from_ text, hash bytea) returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from opt_outs o where o.sender = from_ and o.number_hash = hash
$$;

create function opt_out_find(from_ text, hashes bytea[]) returns table (number_hash bytea, at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select o.number_hash, o.at from opt_outs o where o.sender = from_ and o.number_hash = any (hashes)
$$;

create function webhook_store(id_ uuid, from_ text, dedupe text, body jsonb, at_ timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into webhook_inbox values (id_, from_, dedupe, body, at_, null) on conflict (provider, dedupe_key) do nothing;
  return found;
end
$$;

create function webhook_read(id_ uuid) returns table (provider text, payload jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
  select w.provider, w.payload from webhook_inbox w where w.id = id_ and w.handled_at is null
$$;

create function webhook_done(id_ uuid, at_ timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  update webhook_inbox set handled_at = at_, payload = null where id = id_
$$;

-- Handled webhooks are kept long enough to recognise a provider's late repeat.
create function webhook_sweep(before timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare gone bigint;
begin
  delete from webhook_inbox where handled_at < before;
  get diagnostics gone = row_count;
  return gone;
end
$$;

create function attempt_hit(k text, window_seconds integer, now_ timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare started timestamptz := to_timestamp(floor(extract(epoch from now_) / window_seconds) * window_seconds); n integer;
begin
  insert into attempts values (k, started, 1)
    on conflict (key, window_start) do update set count = attempts.count + 1 returning count into n;
  return n;
end
$$;

create function attempt_sweep(before timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from attempts where window_start < before
$$;

-- Background work that concerns every firm walks them in pages of ids.
grant create on schema public to ledgersync_lookup;
create function firm_ids(after uuid, page integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
  select f.firm_id from firms f where after is null or f.firm_id > after order by f.firm_id limit page
$$;
alter function firm_ids(uuid, integer) owner to ledgersync_lookup;
revoke create on schema public from ledgersync_lookup;

-- Enqueues inside the caller's transaction; graphile-worker protects its own tables.
create function enqueue(task text, payload json, key text, run_at timestamptz, queue text, attempts_max integer, keep_run_at boolean)
returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform graphile_worker.add_job(
    identifier => task, payload => payload, queue_name => queue, run_at => run_at, max_attempts => attempts_max,
    job_key => key, job_key_mode => case when keep_run_at then 'preserve_run_at' else 'replace' end);
end
$$;

revoke execute on all functions in schema public from public;
revoke execute on procedure protect_tenant_table(regclass, text) from public;
grant execute on function
  key_claim(text, text, uuid, uuid), key_find(text, text), key_release(text, text),
  opt_out_set(text, bytea, timestamptz), opt_out_clear(text, bytea), opt_out_find(text, bytea[]),
  webhook_store(uuid, text, text, jsonb, timestamptz), webhook_read(uuid), webhook_done(uuid, timestamptz), webhook_sweep(timestamptz),
  attempt_hit(text, integer, timestamptz), attempt_sweep(timestamptz), firm_ids(uuid, integer),
  enqueue(text, json, text, timestamptz, text, integer, boolean)
to ledgersync_app;
