-- What a person chose for their client list. No row: the usual columns.
create table list_columns (
  firm_id uuid not null,
  staff_id uuid not null,
  columns jsonb not null,
  primary key (firm_id, staff_id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
call protect_tenant_table('list_columns', 'select, insert, update, delete');

-- Filters and order that a person keeps under a name of their own.
create table saved_filters (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  name text not null,
  query jsonb not null,
  created_at timestamptz not null,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create unique index saved_filters_by_name on saved_filters (firm_id, staff_id, lower(name));
call protect_tenant_table('saved_filters', 'select, insert, update, delete');
