BEGIN;

SELECT 1 / (count(*) = 9)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    'catalog.backups_of_status'::regclass,
    'catalog.backups_of_members'::regclass,
    'catalog.backups_of_others_in_created_order'::regclass,
    'catalog.backups_of_others_in_updated_order'::regclass,
    'catalog.backups_of_others_in_protected_order'::regclass,
    'catalog.backups_of_others_in_name_order'::regclass,
    'catalog.backups_of_others_in_id_order'::regclass,
    'catalog.backups_without_updated_at'::regclass,
    'catalog.backups_without_protected_at'::regclass);

ROLLBACK;
