-- Staged member records whose backup is neither in the catalog, where this import's are by now, nor among those of a run
-- with faults, which are only checked. Columns: origin.
-- (OFFSET 0: one look-up a record, however large the catalog is.)
SELECT s.origin
FROM stage_members s
WHERE NOT EXISTS (SELECT FROM catalog.backups b WHERE b.id = s.backup_id AND b.owner_project_id IS NULL OFFSET 0)
  AND NOT EXISTS (SELECT FROM stage_checked c WHERE c.id = s.backup_id OFFSET 0)
ORDER BY s.origin
LIMIT 101
