-- Passkeys of staff. The public key is no secret: it opens nothing, and so stands as it is.
create table passkeys (
  firm_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  name text not null,
  -- As the authenticator made it, base64url. Unique over the installation by its global key.
  credential_id text not null,
  public_key bytea not null,
  -- How often the authenticator says it has signed; 0 for those that do not count.
  counter bigint not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, staff_id) references staff on delete cascade
);
create index passkeys_by_staff on passkeys (firm_id, staff_id);
call protect_tenant_table('passkeys', 'select, insert, update, delete');

-- Challenges that have been answered: each is signed by us and carries its own end, so that only those that come back are written down.
-- A challenge belongs to no firm, for it is answered before it is known whose passkey it is.
create table passkey_challenges (
  hash text primary key,
  taken_at timestamptz not null
);

-- Whoever writes the row is the one whose answer is looked at.
create function passkey_challenge_take(hash_ text, at_ timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into passkey_challenges values (hash_, at_) on conflict do nothing;
  return found;
end
$$;

create function passkey_challenge_sweep(before timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from passkey_challenges where taken_at < before
$$;

revoke execute on function passkey_challenge_take(text, timestamptz), passkey_challenge_sweep(timestamptz) from public;
grant execute on function passkey_challenge_take(text, timestamptz), passkey_challenge_sweep(timestamptz) to ledgersync_app;
