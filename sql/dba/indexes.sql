-- How each index is used since the statistics were last reset. catalog_monitor; cheap.
-- entries_per_scan: what a scan reads; heap_fetches_percent: how many of the entries it had to look up in the table, which
-- an up-to-date visibility map saves (vacuum). Replicas count for themselves: an index without scans here may be used there.
-- No index of this schema is spare: each is one order or one filter of the API, unique ones keep the data right.
SELECT t.relname AS "table",
       i.relname AS index,
       pg_size_pretty(pg_relation_size(i.oid)) AS size,
       s.idx_scan AS scans,
       s.last_used,
       round(s.idx_tup_read / nullif(s.idx_scan, 0)::numeric, 1) AS entries_per_scan,
       round(100.0 * s.idx_tup_fetch / nullif(s.idx_tup_read, 0), 1) AS heap_fetches_percent,
       round(100.0 * io.idx_blks_hit / nullif(io.idx_blks_hit + io.idx_blks_read, 0), 1) AS cache_hit_percent,
       x.indisvalid AS valid
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN (SELECT indexrelid, idx_scan, idx_tup_read, idx_tup_fetch, -- PostgreSQL 16 also knows when
             to_jsonb(u) ->> 'last_idx_scan' AS last_used
      FROM pg_stat_all_indexes u) s ON s.indexrelid = i.oid
JOIN pg_statio_all_indexes io ON io.indexrelid = i.oid
WHERE n.nspname = 'catalog'
ORDER BY pg_relation_size(i.oid) DESC, i.relname;
