-- Whether a server is a standby, and has replayed the log as far as the position.
SELECT pg_is_in_recovery() AS standby, pg_last_wal_replay_lsn() >= $1::pg_lsn AS replayed
