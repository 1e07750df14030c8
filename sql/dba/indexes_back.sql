-- Builds what indexes_aside.sql took away, one index after the other, and removes its notes when all of them are there.
-- By the role that ran indexes_aside.sql. Readers go on; writers wait while an index is built. May be ended at any moment and run
-- again: what is built stays. Faster with more memory to sort in:
--   psql -c "SET maintenance_work_mem = '2GB'" -f sql/dba/indexes_back.sql URL
\set ON_ERROR_STOP on
\set QUIET on
SELECT to_regclass('catalog_aside.indexes') IS NOT NULL AS is_aside \gset
\if :is_aside
\else
    \warn 'indexes_back.sql: no indexes are aside: indexes_aside.sql was not run, or all of them are back'
    DO $$ BEGIN RAISE EXCEPTION 'nothing was built'; END $$;
\endif
DO $$
DECLARE
    others text;
BEGIN
    SELECT string_agg(a.name, ', ' ORDER BY a.name) INTO others
    FROM catalog_aside.indexes a
    JOIN pg_index x ON x.indexrelid = to_regclass('catalog.' || quote_ident(a.name))
    WHERE NOT x.indisvalid OR pg_get_indexdef(x.indexrelid) <> a.definition;
    IF others IS NOT NULL THEN
        RAISE EXCEPTION 'indexes of the same name, but invalid or with another definition: %', others
            USING HINT = 'Drop them and run this again; catalog_aside.indexes has the definitions.';
    END IF;
END
$$;
SELECT definition FROM catalog_aside.indexes WHERE to_regclass('catalog.' || quote_ident(name)) IS NULL ORDER BY name \gexec
-- An index says nothing about dead and visible rows, which index-only scans need to know.
VACUUM (ANALYZE) catalog.backups;
SELECT count(*) AS indexes_back, pg_size_pretty(sum(pg_relation_size(to_regclass('catalog.' || quote_ident(name))))) AS size
FROM catalog_aside.indexes;
SET client_min_messages = warning;
DROP SCHEMA catalog_aside CASCADE;
