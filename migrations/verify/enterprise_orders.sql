BEGIN;

SELECT 1 / (count(*) = 9)::integer FROM pg_index i JOIN (VALUES
    ('catalog.backups_by_created'::regclass, 14),
    ('catalog.backups_by_updated'::regclass, 14),
    ('catalog.backups_by_protected'::regclass, 14),
    ('catalog.backups_by_name'::regclass, 15),
    ('catalog.backups_by_id'::regclass, 14),
    ('catalog.backups_all_by_created'::regclass, 13),
    ('catalog.backups_all_by_updated'::regclass, 12),
    ('catalog.backups_all_by_protected'::regclass, 12),
    ('catalog.backups_all_by_name'::regclass, 12)) AS v (index, keys)
    ON i.indexrelid = v.index AND i.indnkeyatts >= v.keys WHERE i.indisvalid AND i.indisready;

ROLLBACK;
