BEGIN;

SELECT 1 / (count(*) = 5)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    'catalog.backups_all_created'::regclass,
    'catalog.backups_all_updated'::regclass,
    'catalog.backups_all_protected'::regclass,
    'catalog.backups_all_name'::regclass,
    'catalog.backups_all_id'::regclass);
SELECT 1 / (count(*) = 0)::integer FROM pg_class WHERE relnamespace = 'catalog'::regnamespace AND relname IN (
    'backups_own_id');

ROLLBACK;
