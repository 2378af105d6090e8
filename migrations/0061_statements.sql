-- Bank statements that the client sent by the link, or that staff uploaded: the choice of who would rather not connect a bank.
create table statements (
  firm_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  -- Made safe, with the ending of its kind.
  file_name text not null,
  -- By what is in it.
  kind text not null check (kind in ('pdf', 'csv', 'ofx')),
  byte_count integer not null check (byte_count > 0),
  -- SHA-256 of the content, hex: the same file is kept once for a client.
  sha256 text not null,
  received_at timestamptz not null,
  -- The member of staff who uploaded it; null: the client sent it.
  sent_by uuid,
  -- Keyed digest of the browser the client sent it from: who may take it back.
  sender_digest text,
  -- When staff first took it: from then on it is part of their work.
  downloaded_at timestamptz,
  primary key (firm_id, id),
  unique (firm_id, client_id, sha256),
  foreign key (firm_id, client_id) references clients on delete cascade,
  foreign key (firm_id, sent_by) references staff
);
create index statements_of_client on statements (firm_id, client_id, id);
call protect_tenant_table('statements', 'select, insert, update, delete');

-- The content, sealed with the firm's data key, a piece of a megabyte each: nobody needs ten in memory to hand them out.
create table statement_pieces (
  firm_id uuid not null,
  id uuid not null,
  statement_id uuid not null,
  nth integer not null check (nth >= 0),
  content_sealed bytea not null,
  primary key (firm_id, id),
  unique (firm_id, statement_id, nth),
  foreign key (firm_id, statement_id) references statements on delete cascade
);
-- What is encrypted cannot be compressed.
alter table statement_pieces alter column content_sealed set storage external;
call protect_tenant_table('statement_pieces', 'select, insert, delete');

-- When the client answered an invite by sending statements; null while there are none, or when they took all of them back.
alter table invites add column statements_at timestamptz;
