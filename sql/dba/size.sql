-- Size of each table with its indexes, and what a row costs. catalog_monitor; cheap. Rows are the statistics' estimate.
SELECT c.relname AS "table",
       c.reltuples::bigint AS estimated_rows,
       pg_size_pretty(pg_table_size(c.oid)) AS table_size,
       pg_size_pretty(pg_indexes_size(c.oid)) AS index_size,
       pg_size_pretty(pg_total_relation_size(c.oid)) AS total_size,
       CASE WHEN c.reltuples > 0 THEN (pg_total_relation_size(c.oid) / c.reltuples)::bigint END AS bytes_per_row,
       round(100.0 * pg_total_relation_size(c.oid) / nullif(pg_database_size(current_database()), 0), 1) AS percent_of_database
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'catalog' AND c.relkind IN ('r', 'p')
ORDER BY pg_total_relation_size(c.oid) DESC;
