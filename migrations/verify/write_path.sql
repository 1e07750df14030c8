BEGIN;

SELECT 1 / (count(*) = 0)::integer FROM pg_attribute
WHERE attrelid = 'catalog.backups'::regclass AND attnum > 0 AND NOT attisdropped AND attstorage = 'x';
SELECT 1 / (count(*) = 1)::integer FROM pg_proc
WHERE oid = 'catalog.replication_records_changed()'::regprocedure AND 'enable_hashjoin=off' = ANY (proconfig);

ROLLBACK;
