SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_created;
CREATE INDEX CONCURRENTLY backups_created ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_updated;
CREATE INDEX CONCURRENTLY backups_updated ON catalog.backups (project_id, updated_order, id)
    INCLUDE (facet, vault_id, created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_protected;
CREATE INDEX CONCURRENTLY backups_protected ON catalog.backups (project_id, protected_order, id)
    INCLUDE (facet, vault_id, created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_name;
CREATE INDEX CONCURRENTLY backups_name ON catalog.backups (project_id, name, id)
    INCLUDE (facet, vault_id, created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_facet;
CREATE INDEX CONCURRENTLY backups_facet ON catalog.backups (project_id, facet, vault_id, id)
    INCLUDE (created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource_order;
CREATE INDEX CONCURRENTLY backups_resource_order ON catalog.backups (project_id, resource_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_checkpoint;
CREATE INDEX CONCURRENTLY backups_checkpoint ON catalog.backups (project_id, checkpoint_id, id)
    INCLUDE (facet, vault_id, created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource_name;
CREATE INDEX CONCURRENTLY backups_resource_name ON catalog.backups (project_id, resource_name, id)
    INCLUDE (facet, vault_id, created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_parent;
CREATE INDEX CONCURRENTLY backups_parent ON catalog.backups (project_id, parent_id, created_at, id)
    WHERE parent_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_created_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_updated_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_protected_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_name_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_facet;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_resource;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_checkpoint;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_parent;
