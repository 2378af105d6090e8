-- What the client list filters and sorts by, one row per client: what stands in five other tables, gathered. Each transaction that
-- changes one of those brings the row up to date as it ends (api/src/core/client-list.ts); a page of fifty thousand clients is then
-- one walk along an index. `client_list_of` says what is true; the row repeats it and says nothing of its own.
create table client_list (
  firm_id uuid not null,
  client_id uuid not null,
  -- In lower case, as names are sorted.
  name text not null,
  -- Everything the list is searched by, folded.
  search text not null,
  created_at timestamptz not null,
  locked boolean not null,
  -- State of the newest invite as it is stored; null when there is none. That it expired follows from the time.
  invite_state text,
  invite_expires_at timestamptz,
  -- When that state was reached; 1970 when there is no invite.
  invite_at timestamptz not null,
  -- Worst over the banks: 0 none, 1 healthy, 2 syncing, 3 disconnected, 4 bank down, 5 needs the client.
  health integer not null,
  connections integer not null,
  accounts integer not null,
  accounts_healthy integer not null,
  accounts_failing integer not null,
  -- 1970 when nothing was ever fetched.
  last_sync_at timestamptz not null,
  to_review integer not null,
  pushes_failed integer not null,
  books text not null,
  primary key (firm_id, client_id),
  foreign key (firm_id, client_id) references clients on delete cascade
);
create index client_list_by_name on client_list (firm_id, name, client_id);
create index client_list_by_created on client_list (firm_id, created_at, client_id);
create index client_list_by_invite on client_list (firm_id, invite_at, client_id);
create index client_list_by_health on client_list (firm_id, health, client_id);
create index client_list_by_sync on client_list (firm_id, last_sync_at, client_id);
create index client_list_by_review on client_list (firm_id, to_review, client_id);
call protect_tenant_table('client_list', 'select, insert, update, delete');

create index pushes_failed_by_client on pushes (firm_id, client_id) where state = 'failed' and replaced_at is null;

-- Text as it is searched: lower case, letters without their marks.
create function search_fold(words text) returns text language sql immutable parallel safe as $$
  select lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', 'g'))
$$;

-- What is true of these clients of the firm, in the form of the table.
create function client_list_of(firm uuid, ids uuid[]) returns setof client_list language sql stable as $$
  select c.firm_id, c.id, lower(c.business_name),
    search_fold(concat_ws(' ', c.business_name, c.contact_first_name, c.contact_last_name, c.email, c.username, substr(c.phone, 2), bank.names)),
    c.created_at, c.locked_at is not null,
    invite.state, invite.expires_at, coalesce(invite.at, 'epoch'),
    coalesce(bank.health, 0), bank.connections, account.accounts, account.healthy, account.failing,
    coalesce(bank.last_sync_at, 'epoch'), review.to_review, push.failed, coalesce(book.state, 'none')
  from clients c
  left join lateral (
    select i.state, i.expires_at, coalesce(case i.state when 'sent' then i.sent_at when 'delivered' then i.delivered_at
      when 'failed' then i.failed_at when 'opened' then i.opened_at when 'started' then i.started_at
      when 'connected' then i.connected_at when 'superseded' then i.ended_at when 'revoked' then i.ended_at end, i.created_at) as at
    from invites i where i.firm_id = c.firm_id and i.client_id = c.id order by i.created_at desc, i.id desc limit 1
  ) invite on true
  cross join lateral (
    select count(*)::integer as connections, max(n.last_success_at) as last_sync_at, string_agg(n.institution_name, ' ' order by n.id) as names,
      max(case n.health when 'needs_client' then 5 when 'bank_down' then 4 when 'disconnected' then 3 when 'syncing' then 2 else 1 end) as health
    from connections n where n.firm_id = c.firm_id and n.client_id = c.id and n.complete
  ) bank
  cross join lateral (
    select count(*)::integer as accounts, (count(*) filter (where n.health = 'healthy'))::integer as healthy,
      (count(*) filter (where n.health in ('needs_client', 'bank_down', 'disconnected')))::integer as failing
    from bank_accounts a join connections n on n.firm_id = a.firm_id and n.id = a.connection_id
    where a.firm_id = c.firm_id and a.client_id = c.id and n.complete
  ) account
  cross join lateral (
    select count(*)::integer as to_review from transactions t where t.firm_id = c.firm_id and t.client_id = c.id and t.stage = 'open'
  ) review
  cross join lateral (
    select count(*)::integer as failed from pushes p
    where p.firm_id = c.firm_id and p.client_id = c.id and p.state = 'failed' and p.replaced_at is null
  ) push
  left join lateral (
    select b.state from books b where b.firm_id = c.firm_id and b.client_id = c.id and b.state <> 'disconnected' limit 1
  ) book on true
  where c.firm_id = firm and c.id = any (ids)
$$;

-- Brings the rows of these clients up to date. The rows are taken first and read after: who comes second sees what the first did.
create function client_list_refresh(firm uuid, ids uuid[]) returns void language plpgsql as $$
begin
  perform 1 from client_list l where l.firm_id = firm and l.client_id = any (ids) order by l.client_id for update;
  insert into client_list select f.* from client_list_of(firm, ids) f order by f.client_id
  on conflict (firm_id, client_id) do update set
    name = excluded.name, search = excluded.search, created_at = excluded.created_at, locked = excluded.locked,
    invite_state = excluded.invite_state, invite_expires_at = excluded.invite_expires_at, invite_at = excluded.invite_at,
    health = excluded.health, connections = excluded.connections, accounts = excluded.accounts,
    accounts_healthy = excluded.accounts_healthy, accounts_failing = excluded.accounts_failing, last_sync_at = excluded.last_sync_at,
    to_review = excluded.to_review, pushes_failed = excluded.pushes_failed, books = excluded.books
  where client_list is distinct from excluded;
end
$$;
grant execute on function search_fold(text), client_list_of(uuid, uuid[]), client_list_refresh(uuid, uuid[]) to ledgersync_app;

do $$
declare firm uuid;
begin
  for firm in select firm_ids(null, 2147483647) loop
    perform set_config('app.firm', firm::text, true);
    insert into client_list select f.* from client_list_of(firm, array(select c.id from clients c where c.firm_id = firm)) f;
  end loop;
  perform set_config('app.firm', '', true);
end
$$;
