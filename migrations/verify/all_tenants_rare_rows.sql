BEGIN;

SELECT 1 / (count(*) = 9)::integer FROM pg_index i JOIN (VALUES
    ('catalog.backups_of_status'::regclass, 10),
    ('catalog.backups_of_members'::regclass, 10),
    ('catalog.backups_without_updated_at'::regclass, 9),
    ('catalog.backups_without_protected_at'::regclass, 9),
    ('catalog.backups_all_of_status'::regclass, 10),
    ('catalog.backups_all_of_members'::regclass, 10),
    ('catalog.backups_all_without_updated_at'::regclass, 9),
    ('catalog.backups_all_without_protected_at'::regclass, 9),
    ('catalog.backups_all_by_id'::regclass, 13)) AS v (index, columns)
    ON i.indexrelid = v.index AND i.indnatts >= v.columns WHERE i.indisvalid AND i.indisready;

ROLLBACK;
