-- Follows import_backups: a backup that is there already takes the values of the record.
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
