-- How far the primary has written its log; nothing of a standby.
SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END AS position
