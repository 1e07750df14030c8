-- Cheaper writes: short columns stay in the row, and replication records that come before their backups cost nothing.
BEGIN;

-- The backups are looked up one by one, whatever the planner knows of the tables' sizes: an import fills them in one
-- transaction, and a join planned for small ones reads the whole catalog for each of its batches. It also writes the
-- records of new backups first, so that mostly there is nothing to do.
CREATE OR REPLACE FUNCTION catalog.replication_records_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    owners text[];
    ids uuid[];
BEGIN
    SELECT array_agg(c.project_id), array_agg(c.backup_id) INTO owners, ids
    FROM (SELECT DISTINCT project_id, backup_id FROM changed) c
    CROSS JOIN LATERAL (SELECT FROM catalog.backups b
                        WHERE b.project_id = c.project_id AND b.id = c.backup_id OFFSET 0) present;
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

-- With the table's small toast_tuple_target every EXTENDED column of more than 24 bytes would go to the TOAST table: one
-- more row and index entry to write for each, one more look-up for each that is read. Holds for rows written from now on.
-- Last, and sent together with COMMIT (\;), because it locks the table until the end of the transaction.
ALTER TABLE catalog.backups
    ALTER COLUMN project_id SET STORAGE MAIN, ALTER COLUMN owner_project_id SET STORAGE MAIN,
    ALTER COLUMN enterprise_project_id SET STORAGE MAIN, ALTER COLUMN name SET STORAGE MAIN,
    ALTER COLUMN description SET STORAGE MAIN, ALTER COLUMN status SET STORAGE MAIN,
    ALTER COLUMN image_type SET STORAGE MAIN, ALTER COLUMN resource_type SET STORAGE MAIN,
    ALTER COLUMN resource_name SET STORAGE MAIN, ALTER COLUMN resource_az SET STORAGE MAIN,
    ALTER COLUMN replication_document SET STORAGE MAIN, ALTER COLUMN replication_document SET COMPRESSION lz4\;
COMMIT;
