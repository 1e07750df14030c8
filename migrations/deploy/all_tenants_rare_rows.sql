-- What few backups are (rare_rows), over all projects in the order of created_at: that is about the order of rows in the
-- table, so that thousands are found with a few looks at the visibility map, where an index with the project first takes
-- one for each. With zones in all of them. And the order by id over all projects with filters to compare, as the other
-- orders have it (filtered_orders): statuses and times that are null sort by id among themselves.
-- The old indexes serve until the new ones take their names. Without a transaction, because CONCURRENTLY keeps writers
-- going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_status_new;
CREATE INDEX CONCURRENTLY backups_all_of_status_new ON catalog.backups (status, created_at, id)
    INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND status <> 'available';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_members_new;
CREATE INDEX CONCURRENTLY backups_all_of_members_new ON catalog.backups (member_states, created_at, id)
    INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND member_states <> 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_updated_at_new;
CREATE INDEX CONCURRENTLY backups_all_without_updated_at_new ON catalog.backups (created_at, id)
    INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND updated_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_protected_at_new;
CREATE INDEX CONCURRENTLY backups_all_without_protected_at_new ON catalog.backups (created_at, id)
    INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND protected_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_id_new;
CREATE INDEX CONCURRENTLY backups_all_by_id_new ON catalog.backups (id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    enterprise_project_id, created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status_new;
CREATE INDEX CONCURRENTLY backups_of_status_new ON catalog.backups (status, project_id, created_at, id)
    INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND status <> 'available';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members_new;
CREATE INDEX CONCURRENTLY backups_of_members_new ON catalog.backups (member_states, project_id, created_at, id)
    INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND member_states <> 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at_new;
CREATE INDEX CONCURRENTLY backups_without_updated_at_new ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND updated_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at_new;
CREATE INDEX CONCURRENTLY backups_without_protected_at_new ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND protected_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_status_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_members_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_updated_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_protected_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_id_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at_old;
BEGIN;
ALTER INDEX IF EXISTS catalog.backups_all_of_status RENAME TO backups_all_of_status_old;
ALTER INDEX catalog.backups_all_of_status_new RENAME TO backups_all_of_status;
ALTER INDEX IF EXISTS catalog.backups_all_of_members RENAME TO backups_all_of_members_old;
ALTER INDEX catalog.backups_all_of_members_new RENAME TO backups_all_of_members;
ALTER INDEX IF EXISTS catalog.backups_all_without_updated_at RENAME TO backups_all_without_updated_at_old;
ALTER INDEX catalog.backups_all_without_updated_at_new RENAME TO backups_all_without_updated_at;
ALTER INDEX IF EXISTS catalog.backups_all_without_protected_at RENAME TO backups_all_without_protected_at_old;
ALTER INDEX catalog.backups_all_without_protected_at_new RENAME TO backups_all_without_protected_at;
ALTER INDEX IF EXISTS catalog.backups_all_by_id RENAME TO backups_all_by_id_old;
ALTER INDEX catalog.backups_all_by_id_new RENAME TO backups_all_by_id;
ALTER INDEX IF EXISTS catalog.backups_of_status RENAME TO backups_of_status_old;
ALTER INDEX catalog.backups_of_status_new RENAME TO backups_of_status;
ALTER INDEX IF EXISTS catalog.backups_of_members RENAME TO backups_of_members_old;
ALTER INDEX catalog.backups_of_members_new RENAME TO backups_of_members;
ALTER INDEX IF EXISTS catalog.backups_without_updated_at RENAME TO backups_without_updated_at_old;
ALTER INDEX catalog.backups_without_updated_at_new RENAME TO backups_without_updated_at;
ALTER INDEX IF EXISTS catalog.backups_without_protected_at RENAME TO backups_without_protected_at_old;
ALTER INDEX catalog.backups_without_protected_at_new RENAME TO backups_without_protected_at;
COMMIT;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_status_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_members_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_updated_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_protected_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_id_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at_old;
