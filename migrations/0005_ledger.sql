-- Categories of the firm, resolved to each client's own account by category_mappings.
create table categories (
  firm_id uuid not null references firms,
  id uuid not null,
  name text not null,
  description text not null,
  created_at timestamptz not null,
  primary key (firm_id, id)
);
create unique index categories_by_name on categories (firm_id, lower(name));
call protect_tenant_table('categories', 'select, insert, update, delete');

create table category_mappings (
  firm_id uuid not null,
  client_id uuid not null,
  category_id uuid not null,
  books_account_id uuid not null,
  primary key (firm_id, client_id, category_id),
  foreign key (firm_id, client_id) references clients on delete cascade,
  foreign key (firm_id, category_id) references categories on delete cascade,
  foreign key (firm_id, books_account_id) references books_accounts on delete cascade
);
call protect_tenant_table('category_mappings', 'select, insert, update, delete');

-- Rules of a client; client_id is null for rules of the firm.
create table rules (
  firm_id uuid not null references firms,
  id uuid not null,
  client_id uuid,
  name text not null,
  priority integer not null,
  active boolean not null,
  direction text not null check (direction in ('in', 'out', 'both')),
  match text not null check (match in ('all', 'any')),
  conditions jsonb not null,
  actions jsonb not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
create unique index rules_by_priority on rules (firm_id, client_id, priority) nulls not distinct where deleted_at is null;
call protect_tenant_table('rules', 'select, insert, update, delete');

create table transactions (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  bank_account_id uuid not null,
  provider_transaction_id text not null,
  -- The pending row this one came from; what people did to it is inherited.
  pending_transaction_id text,
  date date not null,
  authorized_date date,
  description text not null,
  payee text,
  bank_category text,
  check_number text,
  amount_minor bigint not null,
  currency text not null,
  -- The amount as the bank wrote it, only when it does not fit the currency's smallest unit; such a row is never pushed.
  inexact_amount text,
  stage text not null check (stage in ('pending', 'open', 'approved', 'pushing', 'pushed', 'failed', 'removed')),
  vendor_id uuid,
  vendor_by text check (vendor_by in ('person', 'client_rule', 'global_rule')),
  category_id uuid,
  books_account_id uuid,
  category_by text check (category_by in ('person', 'client_rule', 'global_rule')),
  memo text,
  memo_by text check (memo_by in ('person', 'client_rule', 'global_rule')),
  -- {ruleId, ruleName, ruleVersion, scope, matched} of the rule that decided.
  why jsonb,
  rule_id uuid,
  rule_decided_at timestamptz,
  -- Set when the bank changed or withdrew a row that already stands in QuickBooks.
  bank_changed_at timestamptz,
  approved_at timestamptz,
  approved_by uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (firm_id, id),
  unique (firm_id, bank_account_id, provider_transaction_id),
  check (category_id is null or books_account_id is null),
  foreign key (firm_id, bank_account_id) references bank_accounts on delete cascade,
  foreign key (firm_id, vendor_id) references books_vendors,
  foreign key (firm_id, books_account_id) references books_accounts,
  foreign key (firm_id, category_id) references categories
);
create index transactions_by_date on transactions (firm_id, date, id);
create index transactions_by_client on transactions (firm_id, client_id, date, id);
create index transactions_by_account on transactions (firm_id, bank_account_id, date, id);
-- How many rows of a client wait for review, for the client list.
create index transactions_open_by_client on transactions (firm_id, client_id) where stage = 'open';
create index transactions_to_review on transactions (firm_id, date, id) where stage in ('open', 'approved', 'failed');
create index transactions_by_rule on transactions (firm_id, rule_id) where rule_id is not null;
call protect_tenant_table('transactions', 'select, insert, update, delete');

create table push_batches (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  books_id uuid not null,
  requested_at timestamptz not null,
  requested_by uuid not null,
  processed_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, client_id) references clients on delete cascade,
  foreign key (firm_id, books_id) references books
);
create index push_batches_by_date on push_batches (firm_id, requested_at, id);
call protect_tenant_table('push_batches', 'select, insert, update, delete');

-- One transaction's entry in QuickBooks: the intent, written before the call. A transaction has at most one live push.
create table pushes (
  firm_id uuid not null,
  id uuid not null,
  batch_id uuid not null,
  client_id uuid not null,
  books_id uuid not null,
  transaction_id uuid not null,
  kind text not null check (kind in ('expense', 'check', 'card_charge', 'card_credit', 'deposit')),
  -- Our own words for the entry as it is sent, so that a repeat sends the same.
  entry jsonb not null,
  amount_minor bigint not null,
  currency text not null,
  state text not null check (state in ('queued', 'sending', 'pushed', 'failed')),
  -- The request this entry goes out with, and its place in it; fixed before the call.
  request_id uuid,
  request_item integer,
  attempts integer not null default 0,
  lease_until timestamptz,
  provider_entry_id text,
  provider_entity text,
  sync_token text,
  error_code text,
  reason text,
  created_at timestamptz not null,
  settled_at timestamptz,
  -- Set when a later push of the same transaction took this refused one's place; lists and counts leave it out.
  replaced_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, batch_id) references push_batches on delete cascade,
  foreign key (firm_id, transaction_id) references transactions on delete cascade
);
create unique index pushes_live on pushes (firm_id, transaction_id) where state <> 'failed';
create index pushes_by_transaction on pushes (firm_id, transaction_id, created_at);
create index pushes_by_batch on pushes (firm_id, batch_id, created_at, id);
create index pushes_by_books on pushes (firm_id, books_id, state, created_at, id);
call protect_tenant_table('pushes', 'select, insert, update, delete');
