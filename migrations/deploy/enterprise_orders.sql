-- Enterprise projects, as the other filters, in the indexes of orders (filtered_orders): beside a zone the facet's hash of
-- both was compared, for every entry of the zone and with a look at another page of the visibility map for each.
-- The old indexes serve until the new ones take their names. Without a transaction, because CONCURRENTLY keeps writers
-- going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created_new;
CREATE INDEX CONCURRENTLY backups_by_created_new ON catalog.backups (project_id, created_at, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, updated_order, protected_order)
    INCLUDE (facet, name, resource_name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_updated_new;
CREATE INDEX CONCURRENTLY backups_by_updated_new ON catalog.backups (project_id, updated_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at, protected_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_protected_new;
CREATE INDEX CONCURRENTLY backups_by_protected_new ON catalog.backups (project_id, protected_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at, updated_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_name_new;
CREATE INDEX CONCURRENTLY backups_by_name_new ON catalog.backups (project_id, name, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at, updated_order, protected_order)
    INCLUDE (facet)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_id_new;
CREATE INDEX CONCURRENTLY backups_by_id_new ON catalog.backups (project_id, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at, updated_order, protected_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_created_new;
CREATE INDEX CONCURRENTLY backups_all_by_created_new ON catalog.backups (created_at, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, updated_order, protected_order)
    INCLUDE (project_id, facet, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_updated_new;
CREATE INDEX CONCURRENTLY backups_all_by_updated_new ON catalog.backups (updated_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_protected_new;
CREATE INDEX CONCURRENTLY backups_all_by_protected_new ON catalog.backups (protected_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_name_new;
CREATE INDEX CONCURRENTLY backups_all_by_name_new ON catalog.backups (name, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_updated_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_protected_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_name_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_id_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_created_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_updated_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_protected_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_name_old;
BEGIN;
ALTER INDEX catalog.backups_by_created RENAME TO backups_by_created_old;
ALTER INDEX catalog.backups_by_created_new RENAME TO backups_by_created;
ALTER INDEX catalog.backups_by_updated RENAME TO backups_by_updated_old;
ALTER INDEX catalog.backups_by_updated_new RENAME TO backups_by_updated;
ALTER INDEX catalog.backups_by_protected RENAME TO backups_by_protected_old;
ALTER INDEX catalog.backups_by_protected_new RENAME TO backups_by_protected;
ALTER INDEX catalog.backups_by_name RENAME TO backups_by_name_old;
ALTER INDEX catalog.backups_by_name_new RENAME TO backups_by_name;
ALTER INDEX catalog.backups_by_id RENAME TO backups_by_id_old;
ALTER INDEX catalog.backups_by_id_new RENAME TO backups_by_id;
ALTER INDEX catalog.backups_all_by_created RENAME TO backups_all_by_created_old;
ALTER INDEX catalog.backups_all_by_created_new RENAME TO backups_all_by_created;
ALTER INDEX catalog.backups_all_by_updated RENAME TO backups_all_by_updated_old;
ALTER INDEX catalog.backups_all_by_updated_new RENAME TO backups_all_by_updated;
ALTER INDEX catalog.backups_all_by_protected RENAME TO backups_all_by_protected_old;
ALTER INDEX catalog.backups_all_by_protected_new RENAME TO backups_all_by_protected;
ALTER INDEX catalog.backups_all_by_name RENAME TO backups_all_by_name_old;
ALTER INDEX catalog.backups_all_by_name_new RENAME TO backups_all_by_name;
COMMIT;
DROP INDEX CONCURRENTLY catalog.backups_by_created_old;
DROP INDEX CONCURRENTLY catalog.backups_by_updated_old;
DROP INDEX CONCURRENTLY catalog.backups_by_protected_old;
DROP INDEX CONCURRENTLY catalog.backups_by_name_old;
DROP INDEX CONCURRENTLY catalog.backups_by_id_old;
DROP INDEX CONCURRENTLY catalog.backups_all_by_created_old;
DROP INDEX CONCURRENTLY catalog.backups_all_by_updated_old;
DROP INDEX CONCURRENTLY catalog.backups_all_by_protected_old;
DROP INDEX CONCURRENTLY catalog.backups_all_by_name_old;
