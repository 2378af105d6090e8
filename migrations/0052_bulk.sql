-- One action over many clients, as somebody asked for it; a job goes through its items one by one.
create table bulk_runs (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  action jsonb not null,
  requested_at timestamptz not null,
  finished_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index bulk_runs_by_staff on bulk_runs (firm_id, staff_id, requested_at);
create index bulk_runs_unfinished on bulk_runs (firm_id, requested_at) where finished_at is null;
call protect_tenant_table('bulk_runs', 'select, insert, update, delete');

create table bulk_items (
  firm_id uuid not null,
  run_id uuid not null,
  position integer not null,
  client_id uuid not null,
  outcome text not null check (outcome in ('waiting', 'done', 'skipped', 'failed')),
  reason text,
  primary key (firm_id, run_id, position),
  foreign key (firm_id, run_id) references bulk_runs on delete cascade,
  foreign key (firm_id, client_id) references clients on delete cascade
);
create index bulk_items_waiting on bulk_items (firm_id, run_id, position) where outcome = 'waiting';
create index bulk_items_by_client on bulk_items (firm_id, client_id);
call protect_tenant_table('bulk_items', 'select, insert, update, delete');
