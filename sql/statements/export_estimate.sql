-- About how many records an export will write, for its progress line: what the planner knows of everything, or the number
-- of one project's backups.
SELECT CASE
    WHEN $1::text IS NULL THEN
        (SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_class c
         WHERE c.oid IN ('catalog.backups'::regclass, 'catalog.members'::regclass, 'catalog.vaults'::regclass))
    ELSE (SELECT count(*) FROM catalog.backups b WHERE b.owner_project_id IS NULL AND b.project_id = $1::text)
END
