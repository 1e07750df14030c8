-- Of the backups of a run with faults: those whose id another project's backup has, in the catalog or in an earlier record.
-- Columns: origin. (OFFSET 0: one look-up a record, however large the catalog is.)
SELECT s.origin
FROM (SELECT c.origin, c.project_id, c.id, first_value(c.project_id) OVER (PARTITION BY c.id ORDER BY c.origin) AS first
      FROM stage_checked c WHERE c.project_id IS NOT NULL) s
LEFT JOIN LATERAL (SELECT b.project_id FROM catalog.backups b WHERE b.id = s.id AND b.owner_project_id IS NULL OFFSET 0) b
    ON true
WHERE coalesce(b.project_id, s.first) <> s.project_id
ORDER BY s.origin
LIMIT 101
