BEGIN;

CREATE OR REPLACE FUNCTION catalog.replication_records_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    UPDATE catalog.backups b SET replication_document = d.document
    FROM (SELECT c.project_id, c.backup_id, catalog.replication_document(c.project_id, c.backup_id) AS document
          FROM (SELECT DISTINCT project_id, backup_id FROM changed) c) d
    WHERE b.project_id = d.project_id AND b.id = d.backup_id AND b.replication_document IS DISTINCT FROM d.document;
    RETURN NULL;
END
$$;

ALTER TABLE catalog.backups
    ALTER COLUMN project_id SET STORAGE EXTENDED, ALTER COLUMN owner_project_id SET STORAGE EXTENDED,
    ALTER COLUMN enterprise_project_id SET STORAGE EXTENDED, ALTER COLUMN name SET STORAGE EXTENDED,
    ALTER COLUMN description SET STORAGE EXTENDED, ALTER COLUMN status SET STORAGE EXTENDED,
    ALTER COLUMN image_type SET STORAGE EXTENDED, ALTER COLUMN resource_type SET STORAGE EXTENDED,
    ALTER COLUMN resource_name SET STORAGE EXTENDED, ALTER COLUMN resource_az SET STORAGE EXTENDED,
    ALTER COLUMN replication_document SET STORAGE EXTENDED, ALTER COLUMN replication_document SET COMPRESSION DEFAULT\;
COMMIT;
