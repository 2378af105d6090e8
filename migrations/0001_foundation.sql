-- Schema, roles' rights, and the helper that protects a tenant table.
-- The roles ledgersync_owner, ledgersync_app and ledgersync_lookup exist before the first migration (see README.md).

revoke all on schema public from public;
grant usage on schema public to ledgersync_app, ledgersync_lookup;

-- Row security for one tenant table. An unset firm compares with null and so yields no rows.
-- `lookup` reads across firms for the functions it owns; where a managed service grants no BYPASSRLS, this policy does it.
create procedure protect_tenant_table(target regclass, app_rights text) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy firm on %s to ledgersync_app, ledgersync_owner using (firm_id = nullif(current_setting(''app.firm'', true), '''')::uuid) '
    'with check (firm_id = nullif(current_setting(''app.firm'', true), '''')::uuid)', target);
  execute format('create policy lookup on %s for select to ledgersync_lookup using (true)', target);
  execute format('grant %s on %s to ledgersync_app', app_rights, target);
  execute format('grant select on %s to ledgersync_lookup', target);
end
$$;

create table firms (
  firm_id uuid primary key,
  name text not null,
  email_domain text not null,
  time_zone text not null,
  created_at timestamptz not null
);
call protect_tenant_table('firms', 'select, insert, update');

-- Each firm's data key, wrapped by the key-encryption key named in kek_id.
create table firm_keys (
  firm_id uuid primary key references firms,
  kek_id text not null,
  wrapped_key bytea not null,
  wrapped_at timestamptz not null
);
call protect_tenant_table('firm_keys', 'select, insert, update');

create table staff (
  firm_id uuid not null references firms,
  id uuid not null,
  name text not null,
  email text not null,
  username text not null,
  password_hash text not null,
  role text not null check (role in ('administrator', 'employee')),
  email_verified_at timestamptz,
  time_zone text,
  created_at timestamptz not null,
  primary key (firm_id, id)
);
call protect_tenant_table('staff', 'select, insert, update');

create table sessions (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  -- Refresh tokens are derived from this salt and the generation: the previous one yields the same successor.
  refresh_salt bytea not null,
  refresh_generation integer not null default 0,
  refreshed_at timestamptz not null,
  created_at timestamptz not null,
  last_active_at timestamptz not null,
  revoked_at timestamptz,
  ip text not null,
  user_agent text not null,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index sessions_by_staff on sessions (firm_id, staff_id, created_at);
call protect_tenant_table('sessions', 'select, insert, update, delete');

create table email_verifications (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  email text not null,
  code_digest bytea not null,
  tries integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index email_verifications_by_staff on email_verifications (firm_id, staff_id, created_at);
call protect_tenant_table('email_verifications', 'select, insert, update, delete');

-- What happened, for good: rows are only ever inserted. The digest covers the salted before/after in audit_details,
-- which erasure may delete without breaking the chain.
create table audit_log (
  firm_id uuid not null references firms,
  id uuid not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('staff', 'client', 'system')),
  actor_id uuid,
  action text not null,
  subject_id uuid,
  client_id uuid,
  ip text,
  request_id text,
  details_digest bytea,
  primary key (firm_id, id)
);
call protect_tenant_table('audit_log', 'select, insert');

create table audit_details (
  firm_id uuid not null,
  audit_id uuid not null,
  client_id uuid,
  salt bytea not null,
  details jsonb not null,
  primary key (firm_id, audit_id),
  foreign key (firm_id, audit_id) references audit_log
);
create index audit_details_by_client on audit_details (firm_id, client_id);
call protect_tenant_table('audit_details', 'select, insert, delete');

create table audit_chain (
  firm_id uuid not null,
  seq bigint not null,
  audit_id uuid not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  primary key (firm_id, seq),
  unique (firm_id, audit_id),
  foreign key (firm_id, audit_id) references audit_log
);
call protect_tenant_table('audit_chain', 'select, insert');
