-- How far the invites of the last weeks got, for the dashboard.
create index invites_by_date on invites (firm_id, created_at);
