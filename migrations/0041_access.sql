-- Recovery, verified phones and the second factor.

-- What strangers ask for, and what must be looked into without them learning anything from it. The answer is given once the row is
-- written; a job finds out whether anybody has that name. A row is deleted when its job is done.
create table access_requests (
  id uuid primary key,
  kind text not null check (kind in ('password', 'username', 'username_of', 'locked')),
  -- As it was typed: a username, or an e-mail. Of username_of, the ids of the firm and of the account.
  subject text not null,
  channel text not null check (channel in ('sms', 'email')),
  at timestamptz not null
);

create function access_request_add(id_ uuid, kind_ text, subject_ text, channel_ text, at_ timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into access_requests values (id_, kind_, subject_, channel_, at_)
$$;

create function access_request_read(id_ uuid) returns table (kind text, subject text, channel text, at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.kind, r.subject, r.channel, r.at from access_requests r where r.id = id_
$$;

-- In the transaction that did what was asked for: whoever deletes the row is the one that did it.
create function access_request_done(id_ uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  delete from access_requests r where r.id = id_;
  return found;
end
$$;

create function access_requests_waiting(before timestamptz, page integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.id from access_requests r where r.at < before order by r.at limit page
$$;

-- Every account with an e-mail that was verified, over all firms: for who has forgotten the username.
grant create on schema public to ledgersync_lookup;
create function staff_of_email(mail text, page integer) returns table (firm_id uuid, row_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select s.firm_id, s.id from staff s where s.email = mail and s.email_verified_at is not null order by s.created_at, s.id limit page
$$;
alter function staff_of_email(text, integer) owner to ledgersync_lookup;
revoke create on schema public from ledgersync_lookup;

alter table staff add column phone text;
-- A phone is kept once a texted code has come back from it; who is asked to sign in again is texted nowhere else.
alter table staff add column phone_verified_at timestamptz;
-- Shorter than is allowed without a second factor.
alter table staff add column password_is_short boolean not null default false;
-- When the person last proved who they are in this session, by more than its cookie.
alter table sessions add column confirmed_at timestamptz;

create table password_resets (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  channel text not null check (channel in ('sms', 'email')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index password_resets_by_staff on password_resets (firm_id, staff_id, created_at);
call protect_tenant_table('password_resets', 'select, insert, update, delete');

create table phone_verifications (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  phone text not null,
  code_digest bytea not null,
  tries integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index phone_verifications_by_staff on phone_verifications (firm_id, staff_id, created_at);
call protect_tenant_table('phone_verifications', 'select, insert, update, delete');

-- An authenticator app. Before it is confirmed by a code it protects nothing.
create table second_factors (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  secret_sealed bytea not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  -- Of the last code that was taken, the 30 seconds it belongs to: neither it nor an older one is taken again.
  last_step bigint not null default 0,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create unique index second_factors_confirmed on second_factors (firm_id, staff_id) where confirmed_at is not null;
create unique index second_factors_open on second_factors (firm_id, staff_id) where confirmed_at is null;
call protect_tenant_table('second_factors', 'select, insert, update, delete');

create table recovery_codes (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  code_digest bytea not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index recovery_codes_by_staff on recovery_codes (firm_id, staff_id);
call protect_tenant_table('recovery_codes', 'select, insert, update, delete');

revoke execute on function access_request_add(uuid, text, text, text, timestamptz), access_request_read(uuid), access_request_done(uuid),
  access_requests_waiting(timestamptz, integer), staff_of_email(text, integer) from public;
grant execute on function access_request_add(uuid, text, text, text, timestamptz), access_request_read(uuid), access_request_done(uuid),
  access_requests_waiting(timestamptz, integer), staff_of_email(text, integer) to ledgersync_app;
