-- How far a visit to the bank's sign-in got. Each column holds the last or the furthest of what is known, so that the same event may
-- be told twice, late and in any order: no event itself is kept. Nothing of what a person typed is, but the name of the bank.
alter table link_sessions
  add column step text check (step in ('opened', 'bank_chosen', 'credentials_given', 'code_asked', 'code_given', 'accounts_shown')),
  add column step_at timestamptz,
  add column bank_name text,
  add column bank_at timestamptz,
  -- The provider's code as it came, and what it means in our words.
  add column error_code text,
  add column trouble text check (trouble in ('wrong_credentials', 'code', 'login_locked', 'no_permission', 'bank_down', 'not_supported', 'bank_not_found', 'other')),
  add column trouble_at timestamptz,
  add column exit_status text,
  add column exit_at timestamptz;
create index link_sessions_by_invite on link_sessions (firm_id, invite_id) where invite_id is not null;

-- What the visits of an invite come to: of the one that got furthest, where it ended and why. Beside the times of the other steps,
-- because a hundred thousand invites are counted by it.
alter table invites
  add column bank_chosen_at timestamptz,
  add column visit_step text,
  add column visit_bank text,
  add column visit_trouble text;
