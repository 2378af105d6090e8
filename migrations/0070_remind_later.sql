-- The client has chosen on their page when they want to be reminded: it takes the place of the reminder on the third day.
alter table invites add column remind_asked boolean not null default false;
