BEGIN;

SELECT 1 / count(*) FROM pg_class WHERE oid = 'catalog.backups'::regclass AND 'toast_tuple_target=4080' = ANY (reloptions);

ROLLBACK;
