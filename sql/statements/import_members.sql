-- The last of several records of one id counts. (LATERAL … OFFSET 0: one look-up a record, however large the catalog is.)
INSERT INTO catalog.members AS m (project_id, id, backup_id, dest_project_id, status, vault_id, created_at, updated_at)
SELECT DISTINCT ON (s.id) b.project_id, s.id, s.backup_id, s.dest_project_id, s.status, s.vault_id, s.created_at, s.updated_at
FROM stage_members s
CROSS JOIN LATERAL (SELECT o.project_id FROM catalog.backups o
                    WHERE o.id = s.backup_id AND o.owner_project_id IS NULL OFFSET 0) b
ORDER BY s.id, s.origin DESC
ON CONFLICT (project_id, id) DO UPDATE SET backup_id = excluded.backup_id, dest_project_id = excluded.dest_project_id,
    status = excluded.status, vault_id = excluded.vault_id, created_at = excluded.created_at, updated_at = excluded.updated_at
