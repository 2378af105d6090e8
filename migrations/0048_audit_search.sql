-- The audit log is read newest first: whole, or by who did it, about which client, or by what was done.
create index audit_log_by_time on audit_log (firm_id, at, id);
create index audit_log_by_actor on audit_log (firm_id, actor_id, at, id);
create index audit_log_by_client on audit_log (firm_id, client_id, at, id);
create index audit_log_by_action on audit_log (firm_id, action, at, id);

-- A check of the hash chain that somebody asked for, with how far it has got and what it found.
create table audit_checks (
  firm_id uuid not null references firms,
  id uuid not null,
  requested_at timestamptz not null,
  requested_by uuid not null,
  checked integer not null default 0,
  finished_at timestamptz,
  ok boolean,
  sealed integer,
  unsealed integer,
  problem text,
  primary key (firm_id, id),
  foreign key (firm_id, requested_by) references staff
);
create unique index audit_checks_running on audit_checks (firm_id) where finished_at is null;
create index audit_checks_by_time on audit_checks (firm_id, requested_at);
call protect_tenant_table('audit_checks', 'select, insert, update');
