-- Every sort key in every index that finds rows of a list: whatever the order, rows are found and sorted without a look at
-- the table, and only the page's own rows are read there. The indexes of a value that is rarely in more than one project
-- (facet, resource, checkpoint, parent) have it first, so that they also serve calls over all tenants. The names of
-- resources, which nothing sorts by, are searched in the index of created_at instead of in one of their own.
-- Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
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
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_facet;
CREATE INDEX CONCURRENTLY backups_of_facet ON catalog.backups (facet, project_id, vault_id, created_at, id)
    INCLUDE (updated_order, protected_order, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_resource;
CREATE INDEX CONCURRENTLY backups_of_resource ON catalog.backups (resource_id, project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_checkpoint;
CREATE INDEX CONCURRENTLY backups_of_checkpoint ON catalog.backups (checkpoint_id, project_id, id)
    INCLUDE (facet, vault_id, created_at)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_parent;
CREATE INDEX CONCURRENTLY backups_of_parent ON catalog.backups (parent_id, project_id, created_at, id)
    WHERE parent_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_created;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_protected;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_name;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_facet;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_checkpoint;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource_name;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_parent;
