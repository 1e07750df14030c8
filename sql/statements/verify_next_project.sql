-- The first project after $1 that has backups or counters; null where there is none. From tables alone, whose indexes tell
-- it: a view would show every number of all that follow.
SELECT min(p.project_id) FROM (
    (SELECT project_id FROM catalog.backups WHERE project_id > $1::text ORDER BY project_id LIMIT 1)
    UNION ALL
    (SELECT project_id FROM catalog.count_deltas WHERE project_id > $1::text ORDER BY project_id LIMIT 1)
    UNION ALL
    (SELECT project_id FROM catalog.project_counts WHERE project_id > $1::text ORDER BY project_id LIMIT 1)
    UNION ALL
    (SELECT project_id FROM catalog.project_facets WHERE project_id > $1::text ORDER BY project_id LIMIT 1)
    UNION ALL
    (SELECT project_id FROM catalog.vault_facets WHERE project_id > $1::text ORDER BY project_id LIMIT 1)
    UNION ALL
    (SELECT project_id FROM catalog.week_facets WHERE project_id > $1::text ORDER BY project_id LIMIT 1)
    UNION ALL
    (SELECT project_id FROM catalog.part_facets WHERE project_id > $1::text ORDER BY project_id LIMIT 1)) p
