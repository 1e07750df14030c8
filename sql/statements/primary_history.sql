-- Which cluster a server belongs to, and the timeline that it writes: each promotion begins a new one. No timeline of a
-- standby.
SELECT (SELECT c.system_identifier::text FROM pg_control_system() AS c) AS system,
       CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline
