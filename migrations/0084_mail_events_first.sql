-- Whether an event about this message is stored and was not handled yet: what it says comes before any decision about the message.
create index webhook_inbox_by_message on webhook_inbox ((payload ->> 'messageId')) where handled_at is null;
create function webhook_waits_for(message uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, public as $$
  select exists (select from webhook_inbox w where w.handled_at is null and w.payload ->> 'messageId' = message::text)
$$;
revoke execute on function webhook_waits_for(uuid) from public;
grant execute on function webhook_waits_for(uuid) to ledgersync_app;

-- Since when the API has been there for webhooks, and how long it was away before: mail services repeat what it did not take, at
-- growing distances. One row.
create table webhook_listening (
  name text primary key,
  beat_at timestamptz not null,
  up_since timestamptz not null,
  away_ms bigint not null
);

-- The API is there at this time. Nothing heard of it for longer than the gap means that it was away.
create function webhook_listening_beat(at_ timestamptz, gap_ms bigint) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into webhook_listening as l values ('api', at_, at_, 0)
  on conflict (name) do update set
    up_since = case when at_ - l.beat_at > gap_ms * interval '1 millisecond' then at_ else l.up_since end,
    away_ms = case when at_ - l.beat_at > gap_ms * interval '1 millisecond' then extract(epoch from at_ - l.beat_at) * 1000 else l.away_ms end,
    beat_at = greatest(l.beat_at, at_)
$$;

create function webhook_listening_read() returns table (beat_at timestamptz, up_since timestamptz, away_ms bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
  select l.beat_at, l.up_since, l.away_ms from webhook_listening l where l.name = 'api'
$$;
revoke execute on function webhook_listening_beat(timestamptz, bigint), webhook_listening_read() from public;
grant execute on function webhook_listening_beat(timestamptz, bigint), webhook_listening_read() to ledgersync_app;
