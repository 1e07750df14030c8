-- An entry of an index holds 2,704 bytes at most, and 255 characters up to 1,020: a backup whose name, resource and zone had as many
-- of four bytes each was refused. Names of resources are in the index of texts alone now; an enterprise project's id has
-- 255 bytes at most.
-- The constraint's lock is held for an instant: it is validated afterwards. Without a transaction, because CONCURRENTLY keeps
-- writers going; what a failed run left is removed first.
BEGIN\;
ALTER TABLE catalog.backups DROP CONSTRAINT IF EXISTS backups_enterprise_project_bytes_check\;
ALTER TABLE catalog.backups ADD CONSTRAINT backups_enterprise_project_bytes_check
    CHECK (octet_length(enterprise_project_id) <= 255) NOT VALID\;
COMMIT;
ALTER TABLE catalog.backups VALIDATE CONSTRAINT backups_enterprise_project_bytes_check;
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created_new;
CREATE INDEX CONCURRENTLY backups_by_created_new ON catalog.backups (project_id, created_at, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, updated_order, protected_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created_old;
BEGIN;
ALTER INDEX catalog.backups_by_created RENAME TO backups_by_created_old;
ALTER INDEX catalog.backups_by_created_new RENAME TO backups_by_created;
COMMIT;
DROP INDEX CONCURRENTLY catalog.backups_by_created_old;
