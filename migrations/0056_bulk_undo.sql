-- What takes back what a run did to a client; null where nothing was done, or where nothing can take it back.
alter table bulk_items add column undo jsonb;
