-- Writers of one backup's replication records take turns. Two at a time each put together the document from what it saw,
-- and the later one's lacked the other's record.
BEGIN;

CREATE OR REPLACE FUNCTION catalog.replication_records_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    owners text[];
    ids uuid[];
BEGIN
    -- Locked in one order for all sessions; what the one before committed is seen by the next statement.
    SELECT array_agg(c.project_id), array_agg(c.backup_id) INTO owners, ids
    FROM (SELECT DISTINCT project_id, backup_id FROM changed ORDER BY project_id, backup_id) c
    CROSS JOIN LATERAL (SELECT FROM catalog.backups b
                        WHERE b.project_id = c.project_id AND b.id = c.backup_id OFFSET 0 FOR NO KEY UPDATE) locked;
    IF owners IS NOT NULL THEN
        EXECUTE $update$
            UPDATE catalog.backups b SET replication_document = d.document
            FROM (SELECT t.project_id, t.id, catalog.replication_document(t.project_id, t.id) AS document
                  FROM unnest($1, $2) t (project_id, id) OFFSET 0) d
            WHERE b.project_id = d.project_id AND b.id = d.id AND b.replication_document IS DISTINCT FROM d.document
        $update$ USING owners, ids;
    END IF;
    RETURN NULL;
END
$$;

COMMIT;
