-- The hash at which a check of the audit log ended: the next one finds it again, or the end of the log was cut off or written anew.
alter table audit_checks add column head bytea;
