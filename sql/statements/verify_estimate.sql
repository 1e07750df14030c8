-- About how many rows there are to verify, for the progress line: of everything, or exactly those of project $1.
SELECT CASE
    WHEN $1::text IS NULL THEN
        (SELECT greatest(c.reltuples, 0)::bigint FROM pg_class c WHERE c.oid = 'catalog.backups'::regclass)
    ELSE (SELECT count(*) FROM catalog.backups b WHERE b.project_id = $1::text)
END
