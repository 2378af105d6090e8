-- Spreadsheets of clients, from the moment a file was read until its rows are written or thrown away. Kept for days only.
create table uploads (
  firm_id uuid not null references firms,
  id uuid not null,
  file_name text not null,
  state text not null check (state in ('matching', 'ready', 'queued', 'inviting', 'done')),
  created_at timestamptz not null,
  created_by uuid not null,
  notes jsonb not null,
  headers jsonb not null,
  -- For each header what the column means, or null.
  fields jsonb not null,
  staff_have_access boolean not null,
  -- Why the last attempt wrote nothing.
  refusal text,
  bad_rows text check (bad_rows in ('refuse', 'skip')),
  invite text check (invite in ('sms', 'email', 'both', 'none')),
  requested_at timestamptz,
  requested_by uuid,
  -- From where it was asked for, for the audit of what is written later.
  request_id text,
  request_ip text,
  progress_done integer not null default 0,
  progress_total integer not null default 0,
  finished_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, created_by) references staff on delete cascade
);
create index uploads_on_their_way on uploads (firm_id, requested_at) where state in ('queued', 'inviting');
call protect_tenant_table('uploads', 'select, insert, update, delete');

-- One row of such a file. Its cells are emptied once it was written: then the client has them.
create table upload_rows (
  firm_id uuid not null,
  upload_id uuid not null,
  -- As the spreadsheet program numbers it.
  row_number integer not null,
  cells jsonb not null,
  -- By column, why the text of a cell cannot be trusted.
  damage jsonb not null,
  -- What is wrong with it and what it would do, as it was last checked.
  problems jsonb not null,
  action text check (action in ('create', 'update', 'nothing')),
  client_id uuid,
  outcome text check (outcome in ('created', 'updated', 'unchanged', 'skipped')),
  invite text check (invite in ('waiting', 'made', 'refused')),
  invite_reason text,
  primary key (firm_id, upload_id, row_number),
  foreign key (firm_id, upload_id) references uploads on delete cascade,
  foreign key (firm_id, client_id) references clients on delete cascade
);
create index upload_rows_by_client on upload_rows (firm_id, client_id) where client_id is not null;
create index upload_rows_to_invite on upload_rows (firm_id, upload_id) where invite = 'waiting';
call protect_tenant_table('upload_rows', 'select, insert, update, delete');
