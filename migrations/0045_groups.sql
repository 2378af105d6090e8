-- Groups of clients, by which the sidebar and every list are arranged. A client is in one group or in none.
create table client_groups (
  firm_id uuid not null references firms,
  id uuid not null,
  name text not null,
  created_at timestamptz not null,
  primary key (firm_id, id)
);
create unique index client_groups_by_name on client_groups (firm_id, lower(name));
call protect_tenant_table('client_groups', 'select, insert, update, delete');

alter table clients add column group_id uuid;
alter table clients add foreign key (firm_id, group_id) references client_groups;
create index clients_by_group on clients (firm_id, group_id, lower(business_name), id);
