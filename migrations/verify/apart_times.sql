BEGIN;

SELECT 1 / (count(*) = 4)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    'catalog.backups_apart_by_updated'::regclass,
    'catalog.backups_apart_by_protected'::regclass,
    'catalog.backups_all_apart_by_updated'::regclass,
    'catalog.backups_all_apart_by_protected'::regclass);

ROLLBACK;
