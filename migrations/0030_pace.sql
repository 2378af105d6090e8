-- The pace of calls to providers, kept for all processes together (api/src/core/pace.ts). One bucket per key: a provider, an
-- operation and whose it is. Logged and committed like any other row: a turn that was given is on disk before the call goes out,
-- so that a crash of the database forgets none.
--
-- Times are milliseconds since 1970 on this database's clock: one clock, however many machines ask.
create table pace (
  -- "C", so that the keys below a key are a range of the index.
  key text collate "C" primary key,
  -- When the bucket is full again if nothing more is taken. Until then (full_at - now) / every turns are missing from it.
  full_at double precision not null default 0,
  -- Where the line of those who were sent away ends: each is told a time of its own to come back.
  queue_at double precision not null default 0,
  -- The provider asked for silence from then to then. strikes: how often in a row it had to.
  paused_at double precision not null default 0,
  paused_until double precision not null default 0,
  strikes integer not null default 0,
  -- Calls under way, by id: when each gives its place back at the latest.
  slots jsonb not null default '{}'
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

create function pace_now(shift_ms double precision, at_ms double precision) returns double precision
language sql volatile as $$
  select coalesce(at_ms, extract(epoch from clock_timestamp())::double precision * 1000 + shift_ms)
$$;

-- Takes a turn under all limits at once, or under none. `limits` is a list of
--   {key, every, burst, reserved, atOnce, atOnceReserved, lease}
-- every: milliseconds in which one turn comes back into the bucket; burst: what the bucket holds; reserved: what only urgent
-- callers may take of it; atOnce (null: any number): calls under way, of which atOnceReserved are for urgent ones; lease:
-- milliseconds after which a call counts as over if nobody says so.
-- `caller` is {id, cost, urgent, waitMax, shift}.
--
-- Granted: the caller waits wait_ms, then calls. The turn is its own from now on, so nobody asks twice.
-- Not granted: nothing was taken. `busy`: a place comes free when a call ends, ask again after wait_ms; otherwise come back
-- after wait_ms, which is another time for everybody who was sent away.
--
-- A bucket of `burst` that gains one turn per `every` lets at most burst + window / every calls through in any window.
create function pace_take(limits jsonb, caller jsonb, at_ms double precision default null)
returns table (granted boolean, wait_ms double precision, busy boolean)
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  keys text[] := array(select distinct l ->> 'key' from jsonb_array_elements(limits) l order by 1);
  cost double precision := (caller ->> 'cost')::double precision;
  urgent boolean := (caller ->> 'urgent')::boolean;
  -- No grant lies further ahead than this.
  reach constant double precision := 15000;
  wait_max double precision := least((caller ->> 'waitMax')::double precision, reach);
  queue_max constant double precision := 600000;
  now_ms double precision;
  start double precision;
  earliest double precision;
  places integer;
  next_place double precision;
  binding text;
  queued double precision;
  l record;
begin
  -- Always in the order of the keys: two callers never wait for each other.
  insert into pace (key) select k from unnest(keys) k where not exists (select 1 from pace p where p.key = k) order by k on conflict do nothing;
  perform 1 from pace p where p.key = any (keys) order by p.key for update;
  -- Read only now: whoever waited for the lock has a later time than who held it.
  now_ms := pace_now((caller ->> 'shift')::double precision, at_ms);

  -- The clock was set back: what then lies further ahead than it ever can is brought back to the worst it can mean.
  update pace p set
    full_at = least(p.full_at, now_ms + r.burst * r.every),
    queue_at = least(p.queue_at, now_ms),
    paused_until = case when p.paused_at > now_ms then now_ms + (p.paused_until - p.paused_at) else p.paused_until end,
    paused_at = least(p.paused_at, now_ms),
    slots = (select coalesce(jsonb_object_agg(s.key, least(s.value::double precision, now_ms + coalesce(r.lease, 0))), '{}') from jsonb_each_text(p.slots) s)
  from jsonb_to_recordset(limits) r(key text, every double precision, burst double precision, lease double precision)
  where p.key = r.key and (
    p.full_at > now_ms + r.burst * r.every + reach + 1
    or p.paused_at > now_ms + 1000
    or exists (select 1 from jsonb_each_text(p.slots) s where s.value::double precision > now_ms + coalesce(r.lease, 0) + reach + 1));

  start := now_ms;
  for l in
    select p.*, r.every, r.burst, r.reserved, r."atOnce" as at_once, r."atOnceReserved" as at_once_reserved
    from jsonb_to_recordset(limits) r(key text, every double precision, burst double precision, reserved double precision,
      "atOnce" integer, "atOnceReserved" integer)
    join pace p on p.key = r.key
  loop
    if l.at_once is not null then
      select count(*), min(s.value::double precision) into places, next_place
      from jsonb_each_text(l.slots) s where s.value::double precision > now_ms and s.key <> caller ->> 'id';
      if places >= l.at_once - (case when urgent then 0 else l.at_once_reserved end) then
        return query select false, least(greatest(next_place - now_ms, 20), 250), true;
        return;
      end if;
    end if;
    earliest := greatest(
      l.full_at - greatest(l.burst - cost - case when urgent then 0 else l.reserved end, 0) * l.every,
      l.paused_until);
    if earliest > start then
      start := earliest;
      binding := l.key;
    end if;
  end loop;

  if start - now_ms > wait_max then
    queued := start;
    if not urgent then
      select least(greatest(p.queue_at, start), start + queue_max) into queued from pace p where p.key = binding;
      update pace p set queue_at = queued + cost * r.every
      from jsonb_to_recordset(limits) r(key text, every double precision) where p.key = r.key and p.key = binding;
    end if;
    return query select false, queued - now_ms, false;
    return;
  end if;

  update pace p set
    full_at = greatest(p.full_at, start) + cost * r.every,
    slots = case when r."atOnce" is null then p.slots
      else (select coalesce(jsonb_object_agg(s.key, s.value), '{}') from jsonb_each(p.slots) s where (s.value #>> '{}')::double precision > now_ms)
        || jsonb_build_object(caller ->> 'id', start + r.lease) end
  from jsonb_to_recordset(limits) r(key text, every double precision, "atOnce" integer, lease double precision) where p.key = r.key;
  return query select true, start - now_ms, false;
end
$$;

-- A call is over: its place stays taken for rest_ms more, then it is free.
create function pace_leave(key_ text, id text, rest_ms double precision, shift_ms double precision, at_ms double precision default null)
returns void language sql security definer set search_path = pg_catalog, public as $$
  update pace p set slots = case when rest_ms > 0 then jsonb_set(p.slots, array[id], to_jsonb(pace_now(shift_ms, at_ms) + rest_ms)) else p.slots - id end
  where p.key = key_ and p.slots ? id
$$;

-- The provider said that there were too many calls. Pauses the key for all processes: for `seconds`, or, where the provider
-- names no time, for one that doubles each time it has to be said again, with jitter. Calls that were under way together
-- count once. When three keys below `wider` are paused at the same time, it is not them: `wider` is paused too.
-- Answers in how many milliseconds to come back.
create function pace_pause(key_ text, wider text, seconds double precision, shift_ms double precision, at_ms double precision default null)
returns double precision language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  base_ms constant double precision := 5000;
  most_ms constant double precision := 120000;
  seconds_most constant double precision := 3600;
  calm_ms constant double precision := 300000;
  paused_below constant integer := 3;
  now_ms double precision;
  until double precision := 0;
  p pace%rowtype;
  k text;
begin
  foreach k in array array_remove(array[wider, key_], null) loop
    insert into pace (key) values (k) on conflict do nothing;
    perform 1 from pace where key = k for update;
  end loop;
  now_ms := pace_now(shift_ms, at_ms);
  foreach k in array array_remove(array[key_, wider], null) loop
    if k = wider and (select count(*) from pace n where n.key > wider || '/' and n.key < wider || '0' and n.paused_until > now_ms and n.paused_at <= now_ms) < paused_below then
      continue;
    end if;
    select * into p from pace where key = k;
    if p.paused_until <= now_ms or p.paused_at > now_ms or (k = key_ and now_ms + seconds * 1000 > p.paused_until) then
      if p.paused_until <= now_ms or p.paused_at > now_ms then
        p.strikes := case when p.paused_until < now_ms - calm_ms then 1 else least(p.strikes + 1, 20) end;
      end if;
      p.paused_until := now_ms + case when k = key_ and seconds is not null then least(greatest(seconds, 1), seconds_most) * 1000
        else least(base_ms * 2 ^ (p.strikes - 1), most_ms) * (0.75 + random() / 2) end;
      update pace set paused_at = now_ms, paused_until = p.paused_until, strikes = p.strikes where key = k;
    end if;
    until := greatest(until, p.paused_until);
  end loop;
  return until - now_ms;
end
$$;

-- A bucket nobody has asked for since is full, and a full bucket needs no row.
create function pace_sweep(idle_ms double precision, shift_ms double precision) returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from pace where greatest(full_at, queue_at, paused_until) < pace_now(shift_ms, null) - idle_ms
    and not exists (select 1 from jsonb_each_text(slots) s where s.value::double precision > pace_now(shift_ms, null) - idle_ms)
$$;

revoke execute on function
  pace_now(double precision, double precision), pace_take(jsonb, jsonb, double precision),
  pace_leave(text, text, double precision, double precision, double precision),
  pace_pause(text, text, double precision, double precision, double precision), pace_sweep(double precision, double precision)
from public;
grant execute on function
  pace_take(jsonb, jsonb, double precision), pace_leave(text, text, double precision, double precision, double precision),
  pace_pause(text, text, double precision, double precision, double precision), pace_sweep(double precision, double precision)
to ledgersync_app;
