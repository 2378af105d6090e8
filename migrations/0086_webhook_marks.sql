-- Which address the bank provider was told to write to, as a hash: the address itself is of this installation, and may change. Unknown
-- for whatever was connected before, which is told once more.
alter table link_sessions add column webhook_mark text;
alter table connections add column webhook_mark text;
