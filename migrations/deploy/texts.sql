-- Names and names of resources, and little else, in the order of created_at: a substring is looked for in every entry, and the
-- total of it is the time that this takes. The index of the order has what lists are filtered by, too, and is nearly twice
-- as large.
-- Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_texts;
CREATE INDEX CONCURRENTLY backups_texts ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, name, resource_name)
    WHERE parent_id IS NULL;
