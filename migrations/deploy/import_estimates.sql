-- Where backups was vacuumed or analyzed while an import's rows in it were not committed, and no others were there, the planner
-- takes it for empty, however large it grows (plancat.c: rows a page as they were found). Then every index looks as good as any
-- other, and a look-up may read all of one. An import has its own rows counted before it looks up: ANALYZE counts
-- those of its own transaction.
BEGIN;

CREATE OR REPLACE FUNCTION catalog.mend_estimates() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = 'catalog.backups'::regclass AND relpages > 0 AND reltuples = 0) THEN
        -- Waits for nobody: who holds the lock may wait for this transaction (CREATE INDEX CONCURRENTLY).
        ANALYZE (SKIP_LOCKED) catalog.backups (project_id, id, parent_id);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION catalog.mend_estimates() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.mend_estimates() TO catalog_writer;

COMMIT;
