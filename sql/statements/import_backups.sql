-- Staged backups that are new. In the order of the indexes: neighbouring rows touch the same index pages. (A clause that
-- deals with rows that are there already, import_conflict, may follow.)
INSERT INTO catalog.backups AS b (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, parent_id,
    enterprise_project_id, name, description, status, image_type, resource_type, resource_name, resource_size, resource_az,
    dedicated_cloud, created_at, updated_at, protected_at, expired_at, incremental, version, extend_info,
    replication_document)
SELECT s.project_id, s.id, s.checkpoint_id, s.resource_id, s.provider_id, s.vault_id, s.parent_id,
    s.enterprise_project_id, s.name, s.description, s.status, s.image_type, s.resource_type, s.resource_name,
    s.resource_size, s.resource_az, s.dedicated_cloud, s.created_at, s.updated_at, s.protected_at, s.expired_at,
    s.incremental, s.version, s.extend_info,
    CASE WHEN s.replicated THEN catalog.replication_document(s.project_id, s.id) END
FROM stage_backups s
ORDER BY s.project_id, s.created_at
