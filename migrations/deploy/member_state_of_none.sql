-- A backup without member records has no sharing state. catalog.member_state took the absent record of an outer join for a
-- rejected one, so that backups whose last record was deleted, and children of shared backups, counted as rejected.
BEGIN;

CREATE OR REPLACE FUNCTION catalog.member_state(status text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE status WHEN 'pending' THEN 1 WHEN 'accepted' THEN 2 WHEN 'rejected' THEN 4 END;

-- What was written with the old one.
SELECT catalog.sync_shares(array_agg(b.project_id), array_agg(b.id))
FROM catalog.backups b
WHERE b.owner_project_id IS NULL AND b.member_states & 4 <> 0
  AND NOT EXISTS (SELECT FROM catalog.members m
                  WHERE m.project_id = b.project_id AND m.backup_id = b.id AND m.status = 'rejected');

COMMIT;
