BEGIN;

SELECT 1 / (count(*) = 1)::integer FROM pg_index
WHERE indexrelid = 'catalog.backups_by_created'::regclass AND indisvalid AND indisready AND indnatts = 16;
SELECT 1 / (count(*) = 1)::integer FROM pg_constraint
WHERE conrelid = 'catalog.backups'::regclass AND conname = 'backups_enterprise_project_bytes_check' AND convalidated;

ROLLBACK;
