SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_own_id;
CREATE UNIQUE INDEX CONCURRENTLY backups_own_id ON catalog.backups (id) WHERE owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_created;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_protected;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_name;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_id;
