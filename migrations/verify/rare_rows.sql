BEGIN;

SELECT 1 / (count(*) = 3)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    'catalog.backups_of_status'::regclass,
    'catalog.backups_of_members'::regclass,
    'catalog.backups_of_others'::regclass);

ROLLBACK;
