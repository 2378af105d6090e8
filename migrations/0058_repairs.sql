-- A request about one client asks for new banks, or for new sign-ins at banks that no longer answer.
alter table invites add column kind text not null default 'connect' check (kind in ('connect', 'repair'));

-- Since when the bank wants the client, when the client was asked for it (null: not yet), and when it was found that nobody can be.
-- What is broken already when this comes has no beginning, and is not asked for by itself: staff may have seen to it.
alter table connections add column broken_at timestamptz, add column client_asked_at timestamptz, add column ask_failed_at timestamptz;
create index connections_to_ask on connections (firm_id, broken_at) where health = 'needs_client' and client_asked_at is null;

alter table firms add column ask_repairs boolean not null default true;
