-- One visit to the bank's sign-in, by the client or by staff; the provider's link token is sealed.
create table link_sessions (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  invite_id uuid,
  wanted_bank_id uuid,
  -- Set when an existing connection is being repaired.
  connection_id uuid,
  started_by_kind text not null check (started_by_kind in ('client', 'staff')),
  started_by uuid,
  link_token_sealed bytea,
  hosted_url_sealed bytea,
  -- Names this visit in the address the browser returns to.
  return_hash text not null,
  state text not null check (state in ('opening', 'open', 'exchanging', 'done', 'exited', 'failed', 'expired')),
  reason text,
  polls integer not null default 0,
  -- Who exchanges the one-time token holds this lease; the token is tried twice at most.
  lease_until timestamptz,
  exchange_attempts integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  finished_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
create index link_sessions_by_client on link_sessions (firm_id, client_id, created_at);
call protect_tenant_table('link_sessions', 'select, insert, update, delete');

-- One login at one institution.
create table connections (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  link_session_id uuid,
  institution_id text,
  institution_name text not null,
  -- The provider's own id; unique over all firms through global_keys (kind 'plaid_item').
  provider_item_id text not null,
  access_token_sealed bytea,
  cursor text,
  health text not null check (health in ('healthy', 'needs_client', 'bank_down', 'syncing', 'disconnected')),
  cause text,
  last_success_at timestamptz,
  last_attempt_at timestamptz,
  -- False until the account list has arrived.
  complete boolean not null,
  -- The bank's consent runs out then; set until it is renewed.
  consent_ends_at timestamptz,
  created_at timestamptz not null,
  primary key (firm_id, id),
  unique (firm_id, provider_item_id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
create index connections_by_client on connections (firm_id, client_id, created_at);
call protect_tenant_table('connections', 'select, insert, update, delete');

create table connection_events (
  firm_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  kind text not null,
  by text not null,
  at timestamptz not null,
  primary key (firm_id, id),
  foreign key (firm_id, connection_id) references connections on delete cascade
);
create index connection_events_by_connection on connection_events (firm_id, connection_id, at);
call protect_tenant_table('connection_events', 'select, insert, update, delete');

-- Access to give back at the provider: the intent is written first, and outlives the connection and the client it was for.
create table bank_disconnects (
  firm_id uuid not null references firms,
  id uuid not null,
  client_id uuid not null,
  access_token_sealed bytea,
  created_at timestamptz not null,
  done_at timestamptz,
  primary key (firm_id, id)
);
call protect_tenant_table('bank_disconnects', 'select, insert, update, delete');

-- The client's QuickBooks company.
create table books (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  realm_id text not null,
  company_name text not null,
  home_currency text not null,
  state text not null check (state in ('connected', 'reconnect', 'disconnected')),
  access_token_sealed bytea,
  access_token_expires_at timestamptz,
  refresh_token_sealed bytea,
  refresh_token_expires_at timestamptz,
  -- One process at a time may refresh the tokens of a company.
  token_lease_until timestamptz,
  connected_at timestamptz not null,
  refreshed_at timestamptz,
  refresh_requested_at timestamptz,
  primary key (firm_id, id),
  unique (firm_id, client_id, realm_id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
create unique index books_current on books (firm_id, client_id) where state <> 'disconnected';
call protect_tenant_table('books', 'select, insert, update, delete');

create table books_accounts (
  firm_id uuid not null,
  id uuid not null,
  books_id uuid not null,
  provider_id text not null,
  name text not null,
  number text,
  type text not null,
  subtype text,
  classification text not null check (classification in ('asset', 'liability', 'equity', 'revenue', 'expense')),
  currency text not null,
  active boolean not null,
  primary key (firm_id, id),
  unique (firm_id, books_id, provider_id),
  foreign key (firm_id, books_id) references books on delete cascade
);
call protect_tenant_table('books_accounts', 'select, insert, update, delete');

create table books_vendors (
  firm_id uuid not null,
  id uuid not null,
  books_id uuid not null,
  provider_id text not null,
  name text not null,
  active boolean not null,
  primary key (firm_id, id),
  unique (firm_id, books_id, provider_id),
  foreign key (firm_id, books_id) references books on delete cascade
);
call protect_tenant_table('books_vendors', 'select, insert, update, delete');

create table bank_accounts (
  firm_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  client_id uuid not null,
  provider_account_id text not null,
  persistent_id text,
  name text not null,
  official_name text,
  mask text,
  kind text not null check (kind in ('bank', 'card', 'other')),
  type text not null,
  subtype text,
  currency text not null,
  balance_minor bigint,
  available_minor bigint,
  balance_at timestamptz,
  books_account_id uuid,
  mode text not null default 'we_post' check (mode in ('we_post', 'code_only', 'off')),
  created_at timestamptz not null,
  primary key (firm_id, id),
  unique (firm_id, connection_id, provider_account_id),
  foreign key (firm_id, connection_id) references connections on delete cascade,
  foreign key (firm_id, books_account_id) references books_accounts
);
create index bank_accounts_by_client on bank_accounts (firm_id, client_id, created_at);
call protect_tenant_table('bank_accounts', 'select, insert, update, delete');
