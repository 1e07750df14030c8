SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
SELECT to_regclass('catalog.backups_unique_id') IS NOT NULL AS as_deployed \gset
\if :as_deployed
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_id;
CREATE UNIQUE INDEX CONCURRENTLY backups_all_id ON catalog.backups (id)
    INCLUDE (project_id, facet, vault_id, created_at)
    WHERE owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_unique_id;
\endif
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_times;
