-- Staged backups, with the documents of their staged replication records: what catalog.replication_document
-- makes of stored ones, but for the whole batch at once. In the order of the indexes: neighbouring rows touch the same
-- index pages. (What is to happen to rows that are there already, follows: ON CONFLICT …, see import_conflict.)
INSERT INTO catalog.backups AS b (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, parent_id,
    enterprise_project_id, name, description, status, image_type, resource_type, resource_name, resource_size, resource_az,
    dedicated_cloud, created_at, updated_at, protected_at, expired_at, incremental, version, extend_info,
    replication_document)
SELECT s.project_id, s.id, s.checkpoint_id, s.resource_id, s.provider_id, s.vault_id, s.parent_id,
    s.enterprise_project_id, s.name, s.description, s.status, s.image_type, s.resource_type, s.resource_name,
    s.resource_size, s.resource_az, s.dedicated_cloud, s.created_at, s.updated_at, s.protected_at, s.expired_at,
    s.incremental, s.version, s.extend_info, r.document
FROM stage_backups s
LEFT JOIN (SELECT backup_id, '[' || string_agg(catalog.replication_item(id, status, created_at, vault_id, source_backup_id,
               source_checkpoint_id, source_project_id, source_region, destination_backup_id, destination_checkpoint_id,
               destination_project_id, destination_region, destination_vault_id, extra_info), ',' ORDER BY position) || ']'
               AS document
           FROM stage_replication_records GROUP BY backup_id) r ON r.backup_id = s.id
ORDER BY s.project_id, s.created_at
