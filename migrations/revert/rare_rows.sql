SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_created_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_updated_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_protected_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_name_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_id_order;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at;
