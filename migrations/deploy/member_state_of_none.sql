-- A backup without member records has no sharing state. catalog.member_state took the absent record of an outer join for a
-- rejected one, so that backups whose last record was deleted, and children of shared backups, counted as rejected.
-- Many transactions, because writers would wait for the rows until the end of a single one. Running it again goes on.

-- No writer that uses the old one is left when there is the new one. Readers don't wait for this lock. Statements with \;
-- travel together, so that the lock is not held for the way between them.
BEGIN\;
LOCK TABLE catalog.backups IN SHARE MODE\;
CREATE OR REPLACE FUNCTION catalog.member_state(status text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE status WHEN 'pending' THEN 1 WHEN 'accepted' THEN 2 WHEN 'rejected' THEN 4 END\;
COMMIT;

-- What was written with the old one, each backup in a transaction of its own. They are found before, because a loop over
-- a query would go on reading the table with the first one's locks.
DO $$
DECLARE
    owners text[];
    ids uuid[];
BEGIN
    SELECT array_agg(b.project_id), array_agg(b.id) INTO owners, ids
    FROM catalog.backups b
    WHERE b.owner_project_id IS NULL AND b.member_states & 4 <> 0
      AND NOT EXISTS (SELECT FROM catalog.members m
                      WHERE m.project_id = b.project_id AND m.backup_id = b.id AND m.status = 'rejected');
    FOR i IN 1 .. coalesce(cardinality(ids), 0) LOOP
        PERFORM catalog.sync_shares(owners[i:i], ids[i:i]);
        COMMIT;
    END LOOP;
END
$$;
