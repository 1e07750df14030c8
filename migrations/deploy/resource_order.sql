-- A resource's backups in any order from one index: with 10,000 of them, looking up each row's sort key read four pages a
-- row. In the order of created_at, which is about the order of the rows in the table, so that the visibility map is read
-- page by page. Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource_order;
CREATE INDEX CONCURRENTLY backups_resource_order ON catalog.backups (project_id, resource_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name) WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource;
