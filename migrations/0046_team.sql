-- Who works at the firm: leavers stay as rows, for what they did names them; what of bulk work an employee may do.
alter table staff add column deactivated_at timestamptz;
alter table staff add column permissions text[] not null default '{}'
  check (permissions <@ array['approve_many', 'push', 'undo', 'global_rules']);

-- Every employee sees every client, those added later too. What each was assigned stays, and counts again when it is switched off.
alter table firms add column assign_all boolean not null default false;

-- An invitation to work at the firm. The person becomes a row of staff when they accept it and choose their password.
create table staff_invites (
  firm_id uuid not null references firms,
  id uuid not null,
  email text not null,
  name text not null,
  role text not null check (role in ('administrator', 'employee')),
  permissions text[] not null check (permissions <@ array['approve_many', 'push', 'undo', 'global_rules']),
  created_at timestamptz not null,
  created_by uuid not null,
  -- Of the newest link; older ones have stopped working.
  token_hash text not null,
  message_id uuid not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  staff_id uuid,
  withdrawn_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, created_by) references staff,
  foreign key (firm_id, staff_id) references staff
);
create unique index staff_invites_open on staff_invites (firm_id, lower(email)) where accepted_at is null and withdrawn_at is null;
call protect_tenant_table('staff_invites', 'select, insert, update');

alter table messages drop constraint messages_purpose_check;
alter table messages add check (purpose in ('invite', 'reconnect', 'reminder', 'verification', 'claim_code', 'staff_invite'));
