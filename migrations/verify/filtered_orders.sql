BEGIN;

SELECT 1 / (count(*) = 9)::integer FROM pg_index i JOIN (VALUES
    ('catalog.backups_by_created'::regclass, 13),
    ('catalog.backups_by_updated'::regclass, 13),
    ('catalog.backups_by_protected'::regclass, 13),
    ('catalog.backups_by_name'::regclass, 14),
    ('catalog.backups_by_id'::regclass, 13),
    ('catalog.backups_all_by_created'::regclass, 12),
    ('catalog.backups_all_by_updated'::regclass, 11),
    ('catalog.backups_all_by_protected'::regclass, 11),
    ('catalog.backups_all_by_name'::regclass, 11)) AS v (index, keys)
    ON i.indexrelid = v.index AND i.indnkeyatts >= v.keys WHERE i.indisvalid AND i.indisready;

ROLLBACK;
