-- Space that holds no live rows. catalog_monitor; needs extension pgstattuple; reads every index once and the pages of the
-- tables that are not all-visible: minutes for a large catalog, so not at its busiest hour.
-- free_percent: of a table, free or dead space; of an index, how much of its leaf pages is empty (a B-tree of random ids
-- settles at about 30, a rebuilt one has 10). Above 60 and large: REINDEX INDEX CONCURRENTLY.
SELECT c.relname AS relation,
       'table' AS kind,
       pg_size_pretty(pg_relation_size(c.oid)) AS size,
       round((s.approx_free_percent + s.dead_tuple_percent)::numeric, 1) AS free_percent,
       pg_size_pretty((s.approx_free_space + s.dead_tuple_len)::bigint) AS free_size
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL public.pgstattuple_approx(c.oid) s
WHERE n.nspname = 'catalog' AND c.relkind = 'r'
UNION ALL
SELECT c.relname,
       'index',
       pg_size_pretty(pg_relation_size(c.oid)),
       round((100 - s.avg_leaf_density)::numeric, 1),
       pg_size_pretty((pg_relation_size(c.oid) * (100 - s.avg_leaf_density) / 100)::bigint)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree'
CROSS JOIN LATERAL public.pgstatindex(c.oid) s
WHERE n.nspname = 'catalog' AND c.relkind = 'i' AND s.avg_leaf_density <> 'NaN' -- an empty index
ORDER BY kind DESC, free_percent DESC;
