-- The counters of all projects together that are not the sum of those of each project, and of their weeks those that are not
-- what a plain count gives: kind, key, is, should be.
SELECT 'zone_counts', concat('facet bits ', c.bits, ' in zone ', c.zone), sum(c.n)::text, sum(c.wanted)::text
FROM (SELECT resource_az AS zone, facet & 1048575 AS bits, 0 AS n, n AS wanted FROM catalog.facet_counts
      UNION ALL SELECT resource_az, facet, n, 0 FROM catalog.zone_counts) c
GROUP BY c.zone, c.bits
HAVING sum(c.n) <> sum(c.wanted)
UNION ALL
SELECT 'zone_counts', concat('placement ', c.placement, ' in zone ', c.zone), 'missing', 'there'
FROM (SELECT DISTINCT resource_az AS zone, facet >> 20 AS placement FROM catalog.facet_counts WHERE resource_az IS NOT NULL
      EXCEPT SELECT resource_az, placement FROM catalog.zone_placements) c
UNION ALL
SELECT 'placement', concat('zone ' || c.resource_az || ', ', 'enterprise project ' || c.enterprise_project_id), 'not written down',
       'written down'
FROM (SELECT resource_az, enterprise_project_id FROM catalog.facet_counts
      EXCEPT SELECT resource_az, enterprise_project_id FROM catalog.placements
             WHERE placement = catalog.placement_of(resource_az, enterprise_project_id)) c
UNION ALL
SELECT 'all_weeks', concat(CASE WHEN c.week = '-infinity' THEN 'all weeks' ELSE 'week of ' || (c.week)::date END,
                           ', facet bits ' || c.bits), sum(c.n)::text, sum(c.wanted)::text
FROM (SELECT w.week, k.bits, 0 AS n, r.n AS wanted
      FROM (SELECT catalog.week_of(b.created_at) AS week, b.facet & 1048575 AS bits, count(*) AS n
            FROM catalog.backups b WHERE b.parent_id IS NULL AND b.owner_project_id IS NULL GROUP BY 1, 2) r
      CROSS JOIN LATERAL (VALUES (r.week), ('-infinity'::timestamptz)) w (week)
      CROSS JOIN LATERAL (VALUES (r.bits), (NULL)) k (bits)
      UNION ALL
      SELECT w.week, k.bits, d.n, 0
      FROM catalog.count_deltas d CROSS JOIN LATERAL (VALUES (d.week), ('-infinity'::timestamptz)) w (week)
      CROSS JOIN LATERAL (VALUES (d.facet & 1048575), (NULL)) k (bits)
      WHERE d.facet & 98304 = 0 AND d.week IS NOT NULL
      UNION ALL SELECT a.week, a.facet, a.n, 0 FROM catalog.all_week_counts a
      UNION ALL SELECT a.week, NULL, a.own, 0 FROM catalog.all_weeks a) c
GROUP BY c.week, c.bits
HAVING sum(c.n) <> sum(c.wanted)
UNION ALL
SELECT 'all_weeks', 'row of all weeks', 'missing', 'there'
WHERE NOT EXISTS (SELECT FROM catalog.all_weeks WHERE week = '-infinity')
