-- The firm's own words for messages to clients. Of those for one kind, channel and language at most one is in use; without one, the
-- words that come with the product are. Archived ones stay, for they can be brought back.
create table message_templates (
  firm_id uuid not null references firms,
  id uuid not null,
  kind text not null check (kind in ('invitation', 'reconnect', 'reminder')),
  channel text not null check (channel in ('sms', 'email')),
  language text not null check (language in ('en', 'es')),
  name text not null,
  title text,
  body text not null,
  in_use boolean not null,
  version integer not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  changed_by uuid not null,
  archived_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, changed_by) references staff,
  check ((channel = 'email') = (title is not null)),
  check (not in_use or archived_at is null)
);
create unique index message_templates_in_use on message_templates (firm_id, kind, channel, language) where in_use;
create unique index message_templates_by_name on message_templates (firm_id, kind, channel, language, lower(name)) where archived_at is null;
call protect_tenant_table('message_templates', 'select, insert, update');

-- A template that somebody sends to themselves; and the language a message is in, which the client's may not be any more.
alter table messages drop constraint messages_purpose_check;
alter table messages add check (purpose in ('invite', 'reconnect', 'reminder', 'verification', 'claim_code', 'staff_invite', 'template_test'));
alter table messages add column language text check (language in ('en', 'es'));
