-- The counters of project $1 that, with the deltas that are not folded in yet, are not what a plain count of its rows
-- gives, and those whose zone and enterprise project are not their facet's: kind, key, is, should be.
WITH plain AS MATERIALIZED (
    SELECT b.facet, b.vault_id, count(*) AS n FROM catalog.backups b WHERE b.project_id = $1::text GROUP BY 1, 2
), deltas AS MATERIALIZED (
    SELECT d.facet, d.vault_id, d.resource_az, d.enterprise_project_id, d.n FROM catalog.count_deltas d
    WHERE d.project_id = $1::text
), compared AS (
    SELECT c.kind, c.shared, c.facet, c.vault_id, sum(c.n) AS n, sum(c.wanted) AS wanted
    FROM (SELECT 'project_counts' AS kind, facet & 32768 <> 0 AS shared, NULL::bigint AS facet, NULL::uuid AS vault_id,
                 0 AS n, n AS wanted
          FROM plain WHERE facet & 65536 = 0
          UNION ALL SELECT 'project_counts', facet & 32768 <> 0, NULL, NULL, n, 0 FROM deltas WHERE facet & 65536 = 0
          UNION ALL SELECT 'project_counts', shared, NULL, NULL, n, 0 FROM catalog.project_counts WHERE project_id = $1::text
          UNION ALL SELECT 'facet_counts', NULL, facet, NULL, 0, n FROM plain
          UNION ALL SELECT 'facet_counts', NULL, facet, NULL, n, 0 FROM deltas
          UNION ALL SELECT 'facet_counts', NULL, facet, NULL, n, 0 FROM catalog.facet_counts WHERE project_id = $1::text
          UNION ALL SELECT 'vault_counts', NULL, facet, vault_id, 0, n FROM plain WHERE vault_id IS NOT NULL
          UNION ALL SELECT 'vault_counts', NULL, facet, vault_id, n, 0 FROM deltas WHERE vault_id IS NOT NULL
          UNION ALL SELECT 'vault_counts', NULL, facet, vault_id, n, 0 FROM catalog.vault_counts
                    WHERE project_id = $1::text) c
    GROUP BY 1, 2, 3, 4
    HAVING sum(c.n) <> sum(c.wanted)
), placed AS (
    SELECT 'facet_counts' AS name, facet, resource_az, enterprise_project_id FROM catalog.facet_counts
    WHERE project_id = $1::text
    UNION SELECT 'vault_counts', facet, resource_az, enterprise_project_id FROM catalog.vault_counts WHERE project_id = $1::text
    UNION SELECT 'count_deltas', facet, resource_az, enterprise_project_id FROM deltas
)
SELECT c.kind,
       concat(CASE WHEN c.shared THEN 'backups shared with ' WHEN NOT c.shared THEN 'backups of ' END,
              'facet ' || c.facet || CASE WHEN c.vault_id IS NULL THEN ' of ' ELSE ' in vault ' || c.vault_id || ' of ' END,
              'project ' || $1::text),
       c.n::text, c.wanted::text
FROM compared c
UNION ALL
SELECT 'placement', 'facet ' || p.facet || ' in ' || p.name || ' of project ' || $1::text,
       concat('zone ' || p.resource_az || ', ', 'enterprise project ' || p.enterprise_project_id),
       'those of the facet''s backups'
FROM placed p
WHERE catalog.facet('available', 'backup', 'OS::Cinder::Volume', false, NULL, false, false, 0::smallint, false, false,
                    p.resource_az, p.enterprise_project_id) >> 20 <> p.facet >> 20
