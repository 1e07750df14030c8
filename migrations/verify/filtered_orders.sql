BEGIN;

SELECT 1 / (count(*) = 5)::integer FROM pg_index WHERE indisvalid AND indisready AND (indexrelid, indnkeyatts) IN (
    ('catalog.backups_by_created'::regclass, 12),
    ('catalog.backups_by_updated'::regclass, 12),
    ('catalog.backups_by_protected'::regclass, 12),
    ('catalog.backups_by_name'::regclass, 13),
    ('catalog.backups_by_id'::regclass, 12));

ROLLBACK;
