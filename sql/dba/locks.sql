-- Who waits for whom, the longest first; empty is well. catalog_monitor; cheap: \watch 1 repeats it. application_name is the
-- trace id of a request that has one. pg_cancel_backend(blocked_by) ends a statement, pg_terminate_backend a session.
SELECT waiting.pid AS waiting,
       round(extract(epoch FROM clock_timestamp() - coalesce(l.waitstart, waiting.query_start)) * 1000) AS waited_ms,
       l.mode AS wants,
       coalesce(c.relname, l.locktype) AS object,
       blocking.pid AS blocked_by,
       blocking.usename AS blocking_role,
       blocking.application_name AS blocking_application,
       blocking.state AS blocking_state,
       round(extract(epoch FROM clock_timestamp() - blocking.xact_start), 1) AS blocking_transaction_seconds,
       left(regexp_replace(waiting.query, '\s+', ' ', 'g'), 100) AS waiting_statement,
       left(regexp_replace(blocking.query, '\s+', ' ', 'g'), 100) AS blocking_statement
FROM pg_stat_activity waiting
JOIN pg_locks l ON l.pid = waiting.pid AND NOT l.granted
LEFT JOIN pg_class c ON c.oid = l.relation
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS b (pid)
JOIN pg_stat_activity blocking ON blocking.pid = b.pid
WHERE waiting.datname = current_database()
ORDER BY waited_ms DESC;
