-- What lists are filtered by, in the indexes of their orders, as columns that PostgreSQL compares within the index (chapter
-- 11.3): an entry that a filter leaves out costs no look at the visibility map, which is in another place for each where the
-- order is not that of the table. The facet tells the same, but by an expression, and row-level security keeps those out
-- of the index: its operators must be leakproof (chapter 41.5). The order by id, in which the primary key was walked, gets
-- an index like the others; over all tenants it keeps the one that makes ids unique.
-- The old indexes serve until the new ones are there. Without a transaction, because CONCURRENTLY keeps writers going; what
-- a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_created;
CREATE INDEX CONCURRENTLY backups_by_created ON catalog.backups (project_id, created_at, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    updated_order, protected_order)
    INCLUDE (facet, name, resource_name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_updated;
CREATE INDEX CONCURRENTLY backups_by_updated ON catalog.backups (project_id, updated_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at, protected_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_protected;
CREATE INDEX CONCURRENTLY backups_by_protected ON catalog.backups (project_id, protected_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at, updated_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_name;
CREATE INDEX CONCURRENTLY backups_by_name ON catalog.backups (project_id, name, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at, updated_order, protected_order)
    INCLUDE (facet)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_by_id;
CREATE INDEX CONCURRENTLY backups_by_id ON catalog.backups (project_id, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at, updated_order, protected_order)
    INCLUDE (facet, name)
    WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_created;
CREATE INDEX CONCURRENTLY backups_all_by_created ON catalog.backups (created_at, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    updated_order, protected_order)
    INCLUDE (project_id, facet, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_updated;
CREATE INDEX CONCURRENTLY backups_all_by_updated ON catalog.backups (updated_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_protected;
CREATE INDEX CONCURRENTLY backups_all_by_protected ON catalog.backups (protected_order, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_by_name;
CREATE INDEX CONCURRENTLY backups_all_by_name ON catalog.backups (name, id,
    status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states,
    created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_created_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_updated_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_protected_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_in_name_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_created;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_protected;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_name;
