-- In the order of the indexes: neighbouring rows touch the same index pages.
WITH replications AS MATERIALIZED (
    SELECT r.project_id, r.backup_id, '[' || string_agg(catalog.replication_item(r.id, r.status, r.created_at, r.vault_id,
        r.source_backup_id, r.source_checkpoint_id, r.source_project_id, r.source_region, r.destination_backup_id,
        r.destination_checkpoint_id, r.destination_project_id, r.destination_region, r.destination_vault_id, r.extra_info),
        ',' ORDER BY r.position) || ']' AS document
    FROM stage_replication_records r
    GROUP BY r.project_id, r.backup_id
)
INSERT INTO catalog.backups AS b (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, parent_id,
    enterprise_project_id, name, description, status, image_type, resource_type, resource_name, resource_size, resource_az,
    dedicated_cloud, created_at, updated_at, protected_at, expired_at, incremental, version, extend_info,
    replication_document)
SELECT s.project_id, s.id, s.checkpoint_id, s.resource_id, s.provider_id, s.vault_id, s.parent_id,
    s.enterprise_project_id, s.name, s.description, s.status, s.image_type, s.resource_type, s.resource_name,
    s.resource_size, s.resource_az, s.dedicated_cloud, s.created_at, s.updated_at, s.protected_at, s.expired_at,
    s.incremental, s.version, s.extend_info,
    r.document
FROM stage_backups s LEFT JOIN replications r ON r.project_id = s.project_id AND r.backup_id = s.id
ORDER BY s.project_id, s.created_at
ON CONFLICT (project_id, id) DO UPDATE SET checkpoint_id = excluded.checkpoint_id, resource_id = excluded.resource_id,
    provider_id = excluded.provider_id, vault_id = excluded.vault_id, parent_id = excluded.parent_id,
    enterprise_project_id = excluded.enterprise_project_id, name = excluded.name, description = excluded.description,
    status = excluded.status, image_type = excluded.image_type, resource_type = excluded.resource_type,
    resource_name = excluded.resource_name, resource_size = excluded.resource_size, resource_az = excluded.resource_az,
    dedicated_cloud = excluded.dedicated_cloud, created_at = excluded.created_at, updated_at = excluded.updated_at,
    protected_at = excluded.protected_at, expired_at = excluded.expired_at, incremental = excluded.incremental,
    version = excluded.version, extend_info = excluded.extend_info, replication_document = excluded.replication_document
WHERE (b.document, b.replication_document, b.dedicated_cloud)
    IS DISTINCT FROM (excluded.document, excluded.replication_document, excluded.dedicated_cloud)
