-- What a firm chooses for itself: who clients read as the sender, what new clients begin with, and how much is sent at most.
alter table firms
  add column sender_name text,
  add column mail_sender text not null default 'person' check (mail_sender in ('person', 'firm')),
  add column default_language text not null default 'en' check (default_language in ('en', 'es')),
  add column default_invite text not null default 'sms' check (default_invite in ('sms', 'email', 'both', 'none')),
  add column default_time_zone text,
  add column messages_per_person_day integer not null default 3 check (messages_per_person_day between 1 and 3),
  add column messages_per_hour integer not null default 10000 check (messages_per_hour between 1 and 10000);
