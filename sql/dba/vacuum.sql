-- State of vacuum. catalog_monitor; cheap.
-- all_visible_percent is what makes pages fast: index-only scans look up nothing in all-visible pages; below 90 for long
-- means that vacuum does not keep up, or that something (vacuum_held_back_by) keeps it from removing dead rows.
SELECT c.relname AS "table",
       s.n_live_tup AS live,
       s.n_dead_tup AS dead,
       (coalesce(o.threshold, current_setting('autovacuum_vacuum_threshold')::float8)
           + coalesce(o.scale, current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0))::bigint
           AS vacuumed_at_dead,
       round(100.0 * c.relallvisible / nullif(c.relpages, 0), 1) AS all_visible_percent,
       greatest(s.last_vacuum, s.last_autovacuum) AS last_vacuum,
       greatest(s.last_analyze, s.last_autoanalyze) AS last_analyze,
       s.vacuum_count + s.autovacuum_count AS vacuums,
       round(100.0 * age(c.relfrozenxid) / current_setting('autovacuum_freeze_max_age')::numeric, 1) AS freeze_percent,
       p.phase AS vacuum_now,
       (SELECT string_agg(format('%s %s (%s)', a.usename, a.pid, a.state), ', ')
        FROM pg_stat_activity a
        WHERE a.xact_start < clock_timestamp() - interval '5 minutes' AND a.backend_type = 'client backend')
           AS vacuum_held_back_by
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stat_all_tables s ON s.relid = c.oid
LEFT JOIN pg_stat_progress_vacuum p ON p.relid = c.oid
LEFT JOIN LATERAL (
    SELECT max(option_value::float8) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold') AS threshold,
           max(option_value::float8) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor') AS scale
    FROM pg_options_to_table(c.reloptions)
    WHERE option_name LIKE 'autovacuum%') o ON true
WHERE n.nspname = 'catalog' AND c.relkind = 'r'
ORDER BY s.n_dead_tup DESC, c.relname;
