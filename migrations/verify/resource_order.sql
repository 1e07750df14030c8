BEGIN;

-- covering_indexes has its successor.
SELECT 1 / (count(*) = 1)::integer FROM pg_index
WHERE indexrelid IN (to_regclass('catalog.backups_resource_order'), to_regclass('catalog.backups_of_resource'))
  AND indisvalid AND indisready;
SELECT 1 / (to_regclass('catalog.backups_resource') IS NULL)::integer;

ROLLBACK;
