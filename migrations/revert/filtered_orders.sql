SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_created_order;
CREATE INDEX CONCURRENTLY backups_in_created_order ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name, resource_name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_updated_order;
CREATE INDEX CONCURRENTLY backups_in_updated_order ON catalog.backups (project_id, updated_order, id)
    INCLUDE (facet, vault_id, created_at, protected_order, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_protected_order;
CREATE INDEX CONCURRENTLY backups_in_protected_order ON catalog.backups (project_id, protected_order, id)
    INCLUDE (facet, vault_id, created_at, updated_order, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_name_order;
CREATE INDEX CONCURRENTLY backups_in_name_order ON catalog.backups (project_id, name, id)
    INCLUDE (facet, vault_id, created_at, updated_order, protected_order)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_created;
CREATE INDEX CONCURRENTLY backups_all_created ON catalog.backups (created_at, id)
    INCLUDE (project_id, facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_updated;
CREATE INDEX CONCURRENTLY backups_all_updated ON catalog.backups (updated_order, id)
    INCLUDE (project_id, facet, vault_id, created_at)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_protected;
CREATE INDEX CONCURRENTLY backups_all_protected ON catalog.backups (protected_order, id)
    INCLUDE (project_id, facet, vault_id, created_at)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_name;
CREATE INDEX CONCURRENTLY backups_all_name ON catalog.backups (name, id)
    INCLUDE (project_id, facet, vault_id, created_at)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_protected;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_name;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_id;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_created;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_protected;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_name;
