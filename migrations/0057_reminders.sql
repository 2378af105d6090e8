-- When the client is reminded of an invite by itself (null: never, or not any more), and when they last were.
alter table invites add column remind_at timestamptz, add column reminded_at timestamptz;
create index invites_to_remind on invites (firm_id, remind_at) where remind_at is not null;
