-- Staged backups whose id belongs to a backup of another project. Columns: origin.
SELECT s.origin
FROM stage_backups s
JOIN catalog.backups b ON b.id = s.id AND b.owner_project_id IS NULL
WHERE b.project_id <> s.project_id
