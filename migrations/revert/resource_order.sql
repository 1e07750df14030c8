SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource;
CREATE INDEX CONCURRENTLY backups_resource ON catalog.backups (project_id, resource_id, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_resource_order;
