-- Whoever has several clients gets one message with one link for all of them. Link and message belong to one invite, as ever; these
-- are the others they stand for.
create table link_invites (
  firm_id uuid not null,
  link_id uuid not null,
  invite_id uuid not null,
  client_id uuid not null,
  primary key (firm_id, link_id, invite_id),
  foreign key (firm_id, link_id) references links on delete cascade,
  foreign key (firm_id, invite_id) references invites on delete cascade
);
create index link_invites_by_invite on link_invites (firm_id, invite_id);
create index link_invites_by_client on link_invites (firm_id, client_id);
call protect_tenant_table('link_invites', 'select, insert, update, delete');

-- Whether link_invites says more about it. Few are, and the others need no look.
alter table messages add column is_shared boolean not null default false;
create index messages_shared on messages (firm_id, link_id) where is_shared;

-- The messages of an invite: its own, and those it shares with others of the same person.
create view invite_messages with (security_invoker = true) as
  select m.firm_id, m.invite_id, m.client_id, m.id as message_id from messages m where m.invite_id is not null
  union all
  select g.firm_id, g.invite_id, g.client_id, m.id from link_invites g
    join messages m on m.firm_id = g.firm_id and m.link_id = g.link_id and m.is_shared;
grant select on invite_messages to ledgersync_app, ledgersync_lookup;
