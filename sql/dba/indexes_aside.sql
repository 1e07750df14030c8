-- For the first load of a large catalog: drops the indexes of catalog.backups that neither an import nor a constraint needs,
-- and keeps their definitions in the schema catalog_aside until indexes_back.sql has built all of them again. Half of an
-- import's time are these indexes, one entry after the other; built afterwards, from sorted rows, they are also a third smaller.
-- Superuser or the schema's owner with CREATE on the database; indexes_back.sql by the same role. All or nothing, at once;
-- waits one second at most for its lock, and requests wait behind it. Lists stay right afterwards, and slow: no time to serve
-- them. May be run again. No migration between the two scripts. Indexes come back in the default tablespace, without comments.
\set ON_ERROR_STOP on
\set QUIET on
\o /dev/null
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL client_min_messages = warning;
LOCK TABLE catalog.backups IN ACCESS EXCLUSIVE MODE;
CREATE SCHEMA IF NOT EXISTS catalog_aside;
CREATE TABLE IF NOT EXISTS catalog_aside.indexes (name text PRIMARY KEY, definition text NOT NULL, bytes bigint NOT NULL);
INSERT INTO catalog_aside.indexes
SELECT i.relname, pg_get_indexdef(x.indexrelid), pg_relation_size(x.indexrelid)
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
-- What an import asks: whether an id is there, the copies of a shared backup, the children of a parent.
WHERE x.indrelid = 'catalog.backups'::regclass AND NOT x.indisunique AND x.indisvalid
  AND i.relname NOT IN ('backups_shared_id', 'backups_of_parent')
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, bytes = excluded.bytes;
DO $$
DECLARE
    one text;
BEGIN
    FOR one IN SELECT name FROM catalog_aside.indexes LOOP
        EXECUTE format('DROP INDEX IF EXISTS catalog.%I', one);
    END LOOP;
END
$$;
COMMIT;
\o
SELECT count(*) AS indexes_aside, pg_size_pretty(sum(bytes)) AS size FROM catalog_aside.indexes;
