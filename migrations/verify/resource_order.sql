BEGIN;

SELECT 1 / (count(*) = 1)::integer FROM pg_index
WHERE indexrelid = 'catalog.backups_resource_order'::regclass AND indisvalid AND indisready;
SELECT 1 / (to_regclass('catalog.backups_resource') IS NULL)::integer;

ROLLBACK;
