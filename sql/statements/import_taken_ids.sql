-- Staged backups whose id belongs to a backup of another project. Columns: origin. (LATERAL … OFFSET 0: one look-up a
-- staged row, however large the catalog is.)
SELECT s.origin
FROM stage_backups s
CROSS JOIN LATERAL (SELECT b.project_id FROM catalog.backups b WHERE b.id = s.id AND b.owner_project_id IS NULL OFFSET 0) b
WHERE b.project_id <> s.project_id
