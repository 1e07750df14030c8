SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_texts;
