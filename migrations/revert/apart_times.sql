SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_apart_by_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_apart_by_protected;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_apart_by_updated;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_apart_by_protected;
