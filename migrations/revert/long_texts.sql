-- Fails where a backup has texts that do not fit into the old index.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created_new;
CREATE INDEX CONCURRENTLY backups_by_created_new ON catalog.backups (project_id, created_at, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, updated_order, protected_order)
    INCLUDE (facet, name, resource_name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created_old;
BEGIN;
ALTER INDEX catalog.backups_by_created RENAME TO backups_by_created_old;
ALTER INDEX catalog.backups_by_created_new RENAME TO backups_by_created;
COMMIT;
DROP INDEX CONCURRENTLY catalog.backups_by_created_old;
BEGIN\;
ALTER TABLE catalog.backups DROP CONSTRAINT IF EXISTS backups_enterprise_project_bytes_check\;
COMMIT;
