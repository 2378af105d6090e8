-- Guesses at what opens an account, counted for all API processes together and before anybody is known: a name that nobody has
-- is closed like any other. The key is a keyed digest. Unlike the attempts, this outlives a crash.
create table sign_in_locks (
  key text primary key,
  -- The name's own key, for keys of one browser at the name: whoever forgives the name forgives those, too.
  name text not null,
  -- In a row: the right answer forgets them.
  failures integer not null,
  -- 'infinity' once the guesses in a row are used up.
  locked_until timestamptz,
  last_at timestamptz not null
);
create index sign_in_locks_by_name on sign_in_locks (name);

-- Counts a guess before it is evaluated, so that guesses of the same moment cannot outrun the count. Every tenth in a row closes
-- the key for 15 minutes, then twice as long each time; the hundredth until somebody forgives. Not counted while it is closed.
create function guess_charge(k text, name_ text, now_ timestamptz) returns table (allowed boolean, guesses integer, wait_seconds integer, is_endless boolean)
language plpgsql security definer set search_path = pg_catalog, public as $$
declare n integer; until_ timestamptz;
begin
  insert into sign_in_locks as l values (k, name_, 1, null, now_)
    on conflict (key) do update set failures = l.failures + 1, last_at = now_, locked_until = case
      when l.failures + 1 >= 100 then 'infinity'
      when (l.failures + 1) % 10 = 0 then now_ + interval '15 minutes' * (2 ^ ((l.failures + 1) / 10 - 1)) end
    where l.locked_until is null or l.locked_until <= now_
    returning l.failures, l.locked_until into n, until_;
  allowed := found;
  if not found then
    select l.failures, l.locked_until into n, until_ from sign_in_locks l where l.key = k;
  end if;
  guesses := n;
  is_endless := until_ is not distinct from 'infinity';
  wait_seconds := case when until_ > now_ and until_ < 'infinity' then ceil(extract(epoch from until_ - now_)) end;
  return next;
end
$$;

create function guess_forgive(keys text[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  delete from sign_in_locks l where l.key = any (keys) or l.name = any (keys);
  return found;
end
$$;

create function guess_locks(keys text[], now_ timestamptz) returns table (key text, guesses integer, wait_seconds integer)
language sql stable security definer set search_path = pg_catalog, public as $$
  select l.key, l.failures, case when l.locked_until < 'infinity' then ceil(extract(epoch from l.locked_until - now_))::integer end
  from sign_in_locks l where l.key = any (keys) and l.locked_until > now_
$$;

create function guess_sweep(before timestamptz) returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from sign_in_locks where last_at < before
$$;

-- An e-mail becomes somebody's username when it is verified. Until then the newest account that gave it is found by the e-mail.
create index staff_by_email on staff (email, created_at);
grant create on schema public to ledgersync_lookup;
create function staff_unverified(mail text) returns table (firm_id uuid, row_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select s.firm_id, s.id from staff s where s.email = mail and s.email_verified_at is null order by s.created_at desc, s.id desc limit 1
$$;
alter function staff_unverified(text) owner to ledgersync_lookup;
revoke create on schema public from ledgersync_lookup;

revoke execute on function guess_charge(text, text, timestamptz), guess_forgive(text[]), guess_locks(text[], timestamptz), guess_sweep(timestamptz),
  staff_unverified(text) from public;
grant execute on function guess_charge(text, text, timestamptz), guess_forgive(text[]), guess_locks(text[], timestamptz), guess_sweep(timestamptz),
  staff_unverified(text) to ledgersync_app;
