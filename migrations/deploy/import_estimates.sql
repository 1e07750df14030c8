-- Estimates that an import can plan by. PostgreSQL takes rows a page from the last ANALYZE (plancat.c), and one that comes while
-- a large import into an empty table is under way sees pages and no rows: from then on the table has one row, however large
-- it grows, and a join reads all of it again and again: hours instead of seconds. An import looks for that, and has its own rows
-- counted: ANALYZE counts those of its own transaction.
BEGIN;
CREATE OR REPLACE FUNCTION catalog.mend_estimates() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = catalog, pg_temp
AS $$
BEGIN
    -- A page holds two to four backups; fewer than one in four pages is dead rows, or rows that ANALYZE did not see.
    IF EXISTS (SELECT FROM pg_class WHERE oid = 'catalog.backups'::regclass AND relpages > 0
                   AND reltuples >= 0 AND reltuples * 4 < relpages) THEN
        ANALYZE (SKIP_LOCKED) catalog.backups (project_id, id, parent_id); -- who holds the lock is doing it
    END IF;
END
$$;
REVOKE ALL ON FUNCTION catalog.mend_estimates() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.mend_estimates() TO catalog_writer;
COMMIT;
