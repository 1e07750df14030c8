BEGIN;

SELECT 1 / (count(*) = 9)::integer FROM pg_index WHERE indisvalid AND indisready AND (indexrelid, indnkeyatts) IN (
    ('catalog.backups_by_created'::regclass, 13),
    ('catalog.backups_by_updated'::regclass, 13),
    ('catalog.backups_by_protected'::regclass, 13),
    ('catalog.backups_by_name'::regclass, 14),
    ('catalog.backups_by_id'::regclass, 13),
    ('catalog.backups_all_by_created'::regclass, 12),
    ('catalog.backups_all_by_updated'::regclass, 11),
    ('catalog.backups_all_by_protected'::regclass, 11),
    ('catalog.backups_all_by_name'::regclass, 11));

ROLLBACK;
