-- Several browsers may have a link, each after a code that went to the client's own phone or address; and the code that is open.
alter table links
  add column claim_digests text[] not null default '{}',
  add column code_digest text,
  add column code_expires_at timestamptz,
  add column code_tries integer not null default 0;
update links set claim_digests = array[encode(claim_digest, 'hex')] where claim_digest is not null;
alter table links drop column claim_digest;
