-- The groups whose counter, with the deltas that are not folded in yet, is not what a plain count of the backups gives.
WITH plain AS (
    SELECT 'facet' AS level, project_id, facet::text AS what, count(*) AS n FROM catalog.backups GROUP BY 2, 3
    UNION ALL
    SELECT 'vault', project_id, vault_id || '/' || facet, count(*) FROM catalog.backups WHERE vault_id IS NOT NULL GROUP BY 2, 3
    UNION ALL
    SELECT 'project', project_id, (owner_project_id IS NOT NULL)::text, count(*) FROM catalog.backups
    WHERE parent_id IS NULL GROUP BY 2, 3
    UNION ALL
    SELECT 'week', project_id, concat_ws('/', w.week, facet & 1048575), count(*)
    FROM catalog.backups CROSS JOIN LATERAL (VALUES (catalog.week_of(created_at)), ('-infinity')) w (week)
    WHERE parent_id IS NULL AND project_id IN (SELECT project_id FROM catalog.project_counts WHERE by_week) GROUP BY 2, 3
    UNION ALL
    SELECT 'part', project_id, concat_ws('/', p.part, facet & 1048575), count(*)
    FROM catalog.backups
    CROSS JOIN LATERAL (VALUES ('vault ' || vault_id), ('zone ' || resource_az),
                               (catalog.vault_week(vault_id, catalog.week_of(created_at)))) p (part)
    WHERE parent_id IS NULL AND p.part IS NOT NULL
      AND project_id IN (SELECT project_id FROM catalog.project_counts WHERE by_part) GROUP BY 2, 3
    UNION ALL
    SELECT 'all', 'all', concat_ws('/', w.week, k.bits), count(*)
    FROM catalog.backups CROSS JOIN LATERAL (VALUES (catalog.week_of(created_at)), ('-infinity')) w (week)
    CROSS JOIN LATERAL (VALUES (facet & 1048575), (NULL)) k (bits)
    WHERE parent_id IS NULL AND owner_project_id IS NULL GROUP BY 2, 3
), counted AS (
    SELECT level, project_id, what, sum(n) AS n FROM (
        SELECT 'facet' AS level, project_id, facet::text AS what, n FROM catalog.facet_counts
        UNION ALL SELECT 'facet', project_id, facet::text, n FROM catalog.count_deltas
        UNION ALL SELECT 'vault', project_id, vault_id || '/' || facet, n FROM catalog.vault_counts
        UNION ALL SELECT 'vault', project_id, vault_id || '/' || facet, n FROM catalog.count_deltas WHERE vault_id IS NOT NULL
        UNION ALL SELECT 'project', project_id, shared::text, n FROM catalog.project_counts
        UNION ALL
        SELECT 'project', project_id, (facet & 32768 <> 0)::text, n FROM catalog.count_deltas WHERE facet & 65536 = 0
        UNION ALL
        SELECT 'week', project_id, concat_ws('/', week, facet), n FROM catalog.week_counts
        UNION ALL
        SELECT 'week', project_id, concat_ws('/', w.week, facet & 1048575), n
        FROM catalog.count_deltas CROSS JOIN LATERAL (VALUES (week), ('-infinity'::timestamptz)) w (week)
        WHERE facet & 65536 = 0 AND project_id IN (SELECT project_id FROM catalog.project_counts WHERE by_week)
        UNION ALL
        SELECT 'part', project_id, concat_ws('/', part, facet), n FROM catalog.part_counts
        UNION ALL
        SELECT 'part', project_id, concat_ws('/', p.part, facet & 1048575), n
        FROM catalog.count_deltas
        CROSS JOIN LATERAL (VALUES ('vault ' || vault_id), ('zone ' || resource_az), (catalog.vault_week(vault_id, week))) p (part)
        WHERE facet & 65536 = 0 AND p.part IS NOT NULL
          AND project_id IN (SELECT project_id FROM catalog.project_counts WHERE by_part)
        UNION ALL SELECT 'all', 'all', concat_ws('/', week, facet), n FROM catalog.all_week_counts
        UNION ALL SELECT 'all', 'all', week::text, own FROM catalog.all_weeks
        UNION ALL
        SELECT 'all', 'all', concat_ws('/', w.week, k.bits), n
        FROM catalog.count_deltas CROSS JOIN LATERAL (VALUES (week), ('-infinity'::timestamptz)) w (week)
        CROSS JOIN LATERAL (VALUES (facet & 1048575), (NULL)) k (bits)
        WHERE facet & 98304 = 0) c
    GROUP BY 1, 2, 3 HAVING sum(n) <> 0
)
SELECT count(*) FROM plain p FULL JOIN counted c USING (level, project_id, what) WHERE p.n IS DISTINCT FROM c.n
