-- Backups whose updated_at or protected_at is more than a day away from created_at, in the order of that time. A list of a
-- range of created_at in the order of another time is walked near the range; what is elsewhere in that order is here. Few
-- rows, little to write. (Times are within the years 0001 to 9999, checked, so that their difference exists.)
-- Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_apart_by_updated;
CREATE INDEX CONCURRENTLY backups_apart_by_updated ON catalog.backups (project_id, updated_order, id)
    INCLUDE (facet, vault_id, created_at, protected_order, name)
    WHERE parent_id IS NULL AND (updated_at - created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_apart_by_protected;
CREATE INDEX CONCURRENTLY backups_apart_by_protected ON catalog.backups (project_id, protected_order, id)
    INCLUDE (facet, vault_id, created_at, updated_order, name)
    WHERE parent_id IS NULL AND (protected_at - created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_apart_by_updated;
CREATE INDEX CONCURRENTLY backups_all_apart_by_updated ON catalog.backups (updated_order, id)
    INCLUDE (project_id, facet, vault_id, created_at, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL
        AND (updated_at - created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_apart_by_protected;
CREATE INDEX CONCURRENTLY backups_all_apart_by_protected ON catalog.backups (protected_order, id)
    INCLUDE (project_id, facet, vault_id, created_at, updated_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL
        AND (protected_at - created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours';
