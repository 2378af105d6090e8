-- From when to when a connection was in trouble, for the chart of the last thirty days. A connection that works has no row.
create table health_spans (
  firm_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  client_id uuid not null,
  health text not null check (health in ('needs_client', 'bank_down', 'disconnected')),
  since timestamptz not null,
  until timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, connection_id) references connections on delete cascade
);
create unique index health_spans_open on health_spans (firm_id, connection_id) where until is null;
create index health_spans_by_end on health_spans (firm_id, until);
call protect_tenant_table('health_spans', 'select, insert, update, delete');

do $$
declare firm uuid;
begin
  for firm in select firm_ids(null, 2147483647) loop
    perform set_config('app.firm', firm::text, true);
    insert into health_spans (firm_id, id, connection_id, client_id, health, since)
    select n.firm_id, n.id, n.id, n.client_id, n.health, coalesce(n.broken_at, n.last_success_at, n.created_at)
    from connections n where n.firm_id = firm and n.complete and n.health in ('needs_client', 'bank_down', 'disconnected');
  end loop;
  perform set_config('app.firm', '', true);
end
$$;
