-- A member record that comes again for a backup of another project moves. (LATERAL … OFFSET 0: look-ups for each record,
-- however large the tables are.)
DELETE FROM catalog.members m
USING (SELECT there.project_id, s.id
       FROM stage_members s
       CROSS JOIN LATERAL (SELECT o.project_id FROM catalog.backups o
                           WHERE o.id = s.backup_id AND o.owner_project_id IS NULL OFFSET 0) b
       CROSS JOIN LATERAL (SELECT o.project_id FROM catalog.members o WHERE o.id = s.id OFFSET 0) there
       WHERE there.project_id <> b.project_id) moved
WHERE m.project_id = moved.project_id AND m.id = moved.id
