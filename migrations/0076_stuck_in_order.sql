-- Those who may be stuck, by how long: of the others nobody can be, whatever the time is. The list says the same in its conditions.
create index client_list_stuck on client_list (firm_id, invite_at, client_id)
  where not locked and (health = 5 or (connections = 0 and invite_state is not null));
