-- Two indexes of no more than what is asked for. The times and facets of all tenants' backups: where a range begins or ends
-- within a week, those of the week's part are counted one by one, in a quarter of the pages of the index of their order.
-- project_id is there because row-level security reads it. The facet's bit of children says what parent_id says: the
-- planner takes this index where a statement says both (src/query/row_writer.cpp).
-- And ids: nobody reads more than the id from the unique index, which has no other columns any longer.
-- Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_times;
CREATE INDEX CONCURRENTLY backups_all_times ON catalog.backups (created_at)
    INCLUDE (project_id, facet)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND (facet & 65536) = 0;
-- An id is one project's at any time: the old index goes when the new one is valid, and is not missed by another run.
SELECT to_regclass('catalog.backups_all_id') IS NOT NULL AS as_deployed_before \gset
\if :as_deployed_before
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_unique_id;
CREATE UNIQUE INDEX CONCURRENTLY backups_unique_id ON catalog.backups (id) WHERE owner_project_id IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_all_id;
\endif
