-- A member record that comes again for a backup of another project moves.
DELETE FROM catalog.members m
USING stage_members s, catalog.backups b
WHERE m.id = s.id AND b.id = s.backup_id AND b.owner_project_id IS NULL AND m.project_id <> b.project_id
