BEGIN;

SELECT 1 / (count(*) = 2)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    'catalog.backups_all_times'::regclass,
    'catalog.backups_unique_id'::regclass);

ROLLBACK;
