-- The list over all tenants in every order: one walk instead of one in each project. project_id is there because row-level
-- security reads it. Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
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
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_id;
CREATE UNIQUE INDEX CONCURRENTLY backups_all_id ON catalog.backups (id)
    INCLUDE (project_id, facet, vault_id, created_at)
    WHERE owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_own_id;
