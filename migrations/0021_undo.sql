-- An entry that stands in QuickBooks can be taken back: the wish is written first, a job then deletes the entry.
alter table pushes drop constraint pushes_state_check;
alter table pushes add constraint pushes_state_check check (state in ('queued', 'sending', 'pushed', 'failed', 'undoing', 'undone'));
alter table pushes add column undo_requested_at timestamptz, add column undo_requested_by uuid;

-- What was taken back may be pushed again, as a new entry.
drop index pushes_live;
create unique index pushes_live on pushes (firm_id, transaction_id) where state not in ('failed', 'undone');

-- Set while the bank has withdrawn a row that is in QuickBooks or on its way there; it says where the row goes from there.
alter table transactions add column withdrawn_at timestamptz;
