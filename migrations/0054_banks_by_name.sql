-- Which banks there are and how many connections to each, without a look at the connections themselves.
create index connections_by_bank on connections (firm_id, institution_name, client_id) where complete;
