-- The counters of project $1 that, with the deltas that are not folded in yet, are not what a plain count of its rows
-- gives, those of its weeks and parts if they are counted, and those whose zone and enterprise project are not their
-- facet's: kind, key, is, should be.
WITH plain AS MATERIALIZED (
    SELECT b.facet, b.vault_id, b.resource_az, b.enterprise_project_id, count(*) AS n FROM catalog.backups b
    WHERE b.project_id = $1::text GROUP BY 1, 2, 3, 4
), deltas AS MATERIALIZED (
    SELECT d.facet, d.vault_id, d.week, d.resource_az, d.enterprise_project_id, d.n FROM catalog.count_deltas d
    WHERE d.project_id = $1::text
), by_week AS MATERIALIZED (
    SELECT coalesce(bool_or(p.by_week), false) AS counted,
           coalesce(bool_or(p.by_part), false) AS parts_counted, coalesce(bool_or(p.vaults_by_week), false) AS vaults_counted
    FROM catalog.project_counts p WHERE p.project_id = $1::text
), plain_weeks AS MATERIALIZED (
    SELECT catalog.week_of(b.created_at) AS week, b.vault_id, b.facet & 1048575 AS bits, count(*) AS n
    FROM catalog.backups b
    WHERE b.project_id = $1::text AND b.facet & 65536 = 0 AND (SELECT counted OR parts_counted FROM by_week)
    GROUP BY 1, 2, 3
), parts AS (
    SELECT c.part, c.bits, sum(c.n) AS n, sum(c.wanted) AS wanted
    FROM (SELECT k.part, r.facet & 1048575 AS bits, 0 AS n, r.n AS wanted
          FROM plain r CROSS JOIN LATERAL (VALUES ('vault ' || r.vault_id), ('zone ' || r.resource_az)) k (part)
          WHERE k.part IS NOT NULL AND r.facet & 65536 = 0 AND (SELECT parts_counted FROM by_week)
          UNION ALL
          SELECT k.part, d.facet & 1048575, d.n, 0
          FROM deltas d CROSS JOIN LATERAL (VALUES ('vault ' || d.vault_id), ('zone ' || d.resource_az)) k (part)
          WHERE k.part IS NOT NULL AND d.facet & 65536 = 0 AND (SELECT parts_counted FROM by_week)
          UNION ALL
          SELECT catalog.vault_week(w.vault_id, w.week), w.bits, 0, w.n FROM plain_weeks w
          WHERE w.vault_id IS NOT NULL AND (SELECT vaults_counted FROM by_week)
          UNION ALL
          SELECT catalog.vault_week(d.vault_id, d.week), d.facet & 1048575, d.n, 0 FROM deltas d
          WHERE d.vault_id IS NOT NULL AND d.facet & 65536 = 0 AND (SELECT vaults_counted FROM by_week)
          UNION ALL
          SELECT p.part, p.facet, p.n, 0 FROM catalog.part_counts p WHERE p.project_id = $1::text) c
    GROUP BY 1, 2
    HAVING sum(c.n) <> sum(c.wanted)
), weeks AS (
    SELECT c.week, c.bits, c.shared, sum(c.n) AS n, sum(c.wanted) AS wanted
    FROM (SELECT w.week, k.bits, k.shared, 0 AS n, r.n AS wanted
          FROM plain_weeks r
          CROSS JOIN LATERAL (VALUES (r.week), ('-infinity'::timestamptz)) w (week)
          CROSS JOIN LATERAL (VALUES (r.bits, NULL), (NULL, r.bits & 32768 <> 0)) k (bits, shared)
          WHERE (SELECT counted FROM by_week)
          UNION ALL
          SELECT w.week, k.bits, k.shared, d.n, 0
          FROM deltas d CROSS JOIN LATERAL (VALUES (d.week), ('-infinity'::timestamptz)) w (week)
          CROSS JOIN LATERAL (VALUES (d.facet & 1048575, NULL), (NULL, d.facet & 32768 <> 0)) k (bits, shared)
          WHERE d.facet & 65536 = 0 AND (SELECT counted FROM by_week)
          UNION ALL
          SELECT f.week, f.facet, NULL, f.n, 0 FROM catalog.week_counts f WHERE f.project_id = $1::text
          UNION ALL
          SELECT f.week, NULL, k.shared, k.n, 0
          FROM catalog.week_facets f CROSS JOIN LATERAL (VALUES (false, f.own), (true, f.shared)) k (shared, n)
          WHERE f.project_id = $1::text) c
    GROUP BY 1, 2, 3
    HAVING sum(c.n) <> sum(c.wanted)
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
SELECT 'week_counts', concat(CASE WHEN c.week = '-infinity' THEN 'all weeks, ' ELSE 'week of ' || (c.week)::date || ', ' END,
                             CASE WHEN c.shared THEN 'backups shared with ' WHEN NOT c.shared THEN 'backups of '
                                  ELSE 'facet bits ' || c.bits || ' of ' END, 'project ', $1::text), c.n::text, c.wanted::text
FROM weeks c
UNION ALL
SELECT 'week_counts', concat('first and last week of facet bits ', s.bits, ' of project ', $1::text),
       concat(s.first::date, ' and ', s.last::date), concat(r.first::date, ' and ', r.last::date, ', or around them')
FROM (SELECT facet AS bits, first, last FROM catalog.week_counts WHERE project_id = $1::text AND week = '-infinity') s
JOIN (SELECT w.bits, min(w.week) AS first, max(w.week) AS last
      FROM plain_weeks w WHERE (SELECT parts_counted FROM by_week) GROUP BY 1) r USING (bits)
WHERE coalesce(least(s.first, (SELECT min(d.week) FROM deltas d WHERE d.facet & 1048575 = s.bits)) > r.first, true)
   OR coalesce(greatest(s.last, (SELECT max(d.week) FROM deltas d WHERE d.facet & 1048575 = s.bits)) < r.last, true)
UNION ALL
SELECT 'part_counts', concat('facet bits ', c.bits, ' in ', c.part, ' of project ', $1::text), c.n::text, c.wanted::text
FROM parts c
UNION ALL
SELECT 'week_counts', concat('facet ', p.facet, ' by its bits, of project ', $1::text), 'missing', 'there'
FROM (SELECT DISTINCT facet, resource_az FROM plain WHERE facet & 65536 = 0) p
WHERE (SELECT counted FROM by_week)
  AND NOT EXISTS (SELECT FROM catalog.facets_by_bits b
                  WHERE b.project_id = $1::text AND b.bits = (p.facet & 1048575)::integer AND b.facet = p.facet
                    AND (b.resource_az IS NOT DISTINCT FROM p.resource_az OR NOT (SELECT parts_counted FROM by_week)))
  AND NOT EXISTS (SELECT FROM deltas d WHERE d.facet = p.facet)
UNION ALL
SELECT 'placement', 'facet ' || p.facet || ' in ' || p.name || ' of project ' || $1::text,
       concat('zone ' || p.resource_az || ', ', 'enterprise project ' || p.enterprise_project_id),
       'those of the facet''s backups'
FROM placed p
WHERE catalog.placement_of(p.resource_az, p.enterprise_project_id) <> p.facet >> 20
UNION ALL
SELECT 'placement', concat('zone ' || p.resource_az || ', ', 'enterprise project ', p.enterprise_project_id, ' of project ', $1::text),
       concat('bits ', p.placement, ', which has also ', 'zone ' || o.resource_az || ', ', 'enterprise project ', o.enterprise_project_id),
       'bits of its own: one of the two needs another id'
FROM (SELECT DISTINCT facet >> 20 AS placement, resource_az, enterprise_project_id FROM plain) p
JOIN catalog.placements o
    ON o.placement = p.placement
   AND (o.resource_az, o.enterprise_project_id) IS DISTINCT FROM (p.resource_az, p.enterprise_project_id)
