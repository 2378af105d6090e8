create table clients (
  firm_id uuid not null references firms,
  id uuid not null,
  business_name text not null,
  contact_first_name text not null,
  contact_last_name text not null,
  email text,
  phone text,
  username text not null,
  username_is_placeholder boolean not null,
  staff_have_access boolean not null,
  text_consent_at timestamptz,
  text_consent_by uuid,
  time_zone text not null,
  language text not null check (language in ('en', 'es')),
  locked_at timestamptz,
  created_at timestamptz not null,
  created_by uuid,
  primary key (firm_id, id)
);
create unique index clients_by_username on clients (firm_id, lower(username));
create index clients_by_name on clients (firm_id, lower(business_name), id);
create index clients_by_phone on clients (firm_id, phone);
call protect_tenant_table('clients', 'select, insert, update, delete');

create table client_staff (
  firm_id uuid not null,
  client_id uuid not null,
  staff_id uuid not null,
  assigned_at timestamptz not null,
  primary key (firm_id, client_id, staff_id),
  foreign key (firm_id, client_id) references clients on delete cascade,
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index client_staff_by_staff on client_staff (firm_id, staff_id, client_id);
call protect_tenant_table('client_staff', 'select, insert, update, delete');

create table wanted_banks (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  institution_id text not null,
  name text not null,
  routing_number text,
  position integer not null,
  connection_id uuid,
  created_at timestamptz not null,
  primary key (firm_id, id),
  unique (firm_id, client_id, institution_id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
call protect_tenant_table('wanted_banks', 'select, insert, update, delete');

create table invites (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  channel text not null check (channel in ('sms', 'email', 'both', 'copy')),
  -- Expiry is computed from expires_at; the other states are stored and only move forward.
  state text not null check (state in ('queued', 'sent', 'delivered', 'failed', 'opened', 'started', 'connected', 'superseded', 'revoked')),
  reason text,
  created_at timestamptz not null,
  created_by uuid not null,
  expires_at timestamptz not null,
  sent_at timestamptz,
  delivered_at timestamptz,
  failed_at timestamptz,
  opened_at timestamptz,
  started_at timestamptz,
  connected_at timestamptz,
  ended_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, client_id) references clients on delete cascade,
  foreign key (firm_id, created_by) references staff
);
create index invites_by_client on invites (firm_id, client_id, created_at);
call protect_tenant_table('invites', 'select, insert, update, delete');

-- One secret URL in one message to one person. Found by the hash in global_keys (kind 'link').
create table links (
  firm_id uuid not null,
  id uuid not null,
  invite_id uuid not null,
  client_id uuid not null,
  token_hash text not null,
  created_at timestamptz not null,
  -- Digest of the cookie of the browser that tapped first.
  claim_digest bytea,
  claimed_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, invite_id) references invites on delete cascade
);
create index links_by_invite on links (firm_id, invite_id);
call protect_tenant_table('links', 'select, insert, update, delete');

-- One SMS or e-mail. The row is the intent; it is written before any call.
create table messages (
  firm_id uuid not null references firms,
  id uuid not null,
  purpose text not null check (purpose in ('invite', 'reconnect', 'reminder', 'verification', 'claim_code')),
  channel text not null check (channel in ('sms', 'email')),
  client_id uuid,
  staff_id uuid,
  invite_id uuid,
  link_id uuid,
  to_address text not null,
  subject text,
  -- What was written, with [link] and [code] in place of secrets.
  body text not null,
  -- {"link": path, "code": digits}: what [link] and [code] stand for, sealed until a final state, then null.
  secrets_sealed bytea,
  state text not null check (state in ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown', 'canceled')),
  reason text,
  not_before timestamptz,
  attempts integer not null default 0,
  lease_until timestamptz,
  first_attempt_at timestamptz,
  provider_id text,
  created_at timestamptz not null,
  primary key (firm_id, id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
create index messages_by_client on messages (firm_id, client_id, created_at);
create index messages_by_invite on messages (firm_id, invite_id);
-- What one person got today.
create index messages_by_person on messages (firm_id, to_address, first_attempt_at);
call protect_tenant_table('messages', 'select, insert, update, delete');

create table message_events (
  firm_id uuid not null,
  id uuid not null,
  message_id uuid not null,
  state text not null,
  reason text,
  at timestamptz not null,
  primary key (firm_id, id),
  foreign key (firm_id, message_id) references messages on delete cascade
);
create index message_events_by_message on message_events (firm_id, message_id, at);
call protect_tenant_table('message_events', 'select, insert, update, delete');
