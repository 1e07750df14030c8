-- Staged member records whose backup is neither in the catalog nor in this import. Columns: origin.
-- (OFFSET 0: one look-up a record, however large the catalog is.)
SELECT s.origin
FROM stage_members s
WHERE NOT EXISTS (SELECT FROM catalog.backups b WHERE b.id = s.backup_id AND b.owner_project_id IS NULL OFFSET 0)
ORDER BY s.origin
LIMIT 101
