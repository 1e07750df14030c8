-- The counters of all projects together that are not the sum of those of each project: kind, key, is, should be.
SELECT 'zone_counts', concat('facet bits ', c.bits, ' in zone ', c.zone), sum(c.n)::text, sum(c.wanted)::text
FROM (SELECT resource_az AS zone, facet & 1048575 AS bits, 0 AS n, n AS wanted FROM catalog.facet_counts
      UNION ALL SELECT resource_az, facet, n, 0 FROM catalog.zone_counts) c
GROUP BY c.zone, c.bits
HAVING sum(c.n) <> sum(c.wanted)
UNION ALL
SELECT 'zone_counts', concat('placement ', c.placement, ' in zone ', c.zone), 'missing', 'there'
FROM (SELECT DISTINCT resource_az AS zone, facet >> 20 AS placement FROM catalog.facet_counts WHERE resource_az IS NOT NULL
      EXCEPT SELECT resource_az, placement FROM catalog.zone_placements) c
