SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status_new;
CREATE INDEX CONCURRENTLY backups_of_status_new ON catalog.backups (status, project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND status <> 'available';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members_new;
CREATE INDEX CONCURRENTLY backups_of_members_new ON catalog.backups (member_states, project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND member_states <> 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at_new;
CREATE INDEX CONCURRENTLY backups_without_updated_at_new ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND updated_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at_new;
CREATE INDEX CONCURRENTLY backups_without_protected_at_new ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND protected_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at_old;
BEGIN;
ALTER INDEX catalog.backups_of_status RENAME TO backups_of_status_old;
ALTER INDEX catalog.backups_of_status_new RENAME TO backups_of_status;
ALTER INDEX catalog.backups_of_members RENAME TO backups_of_members_old;
ALTER INDEX catalog.backups_of_members_new RENAME TO backups_of_members;
ALTER INDEX catalog.backups_without_updated_at RENAME TO backups_without_updated_at_old;
ALTER INDEX catalog.backups_without_updated_at_new RENAME TO backups_without_updated_at;
ALTER INDEX catalog.backups_without_protected_at RENAME TO backups_without_protected_at_old;
ALTER INDEX catalog.backups_without_protected_at_new RENAME TO backups_without_protected_at;
COMMIT;
DROP INDEX CONCURRENTLY catalog.backups_of_status_old;
DROP INDEX CONCURRENTLY catalog.backups_of_members_old;
DROP INDEX CONCURRENTLY catalog.backups_without_updated_at_old;
DROP INDEX CONCURRENTLY catalog.backups_without_protected_at_old;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_status;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_of_members;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_without_protected_at;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_id;
