-- The 30 statements that cost this database most, from pg_stat_statements. catalog_monitor; cheap. One row is one shape of
-- request: `backup-catalog explain 'PATH?QUERY'` shows the plan of one. pg_stat_statements_reset() starts afresh (superuser).
SELECT round(s.total_exec_time::numeric / 1000, 1) AS total_seconds,
       round(100 * s.total_exec_time::numeric / nullif(sum(s.total_exec_time) OVER ()::numeric, 0), 1) AS percent,
       s.calls,
       round(s.mean_exec_time::numeric, 3) AS mean_ms,
       round(s.max_exec_time::numeric, 3) AS max_ms,
       round(s.rows::numeric / nullif(s.calls, 0), 1) AS rows_per_call,
       round((s.shared_blks_hit + s.shared_blks_read)::numeric / nullif(s.calls, 0), 1) AS blocks_per_call,
       r.rolname AS role,
       left(regexp_replace(s.query, '\s+', ' ', 'g'), 160) AS statement
FROM public.pg_stat_statements s
JOIN pg_roles r ON r.oid = s.userid
WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.calls > 0
ORDER BY s.total_exec_time DESC
LIMIT 30;
