BEGIN;
DROP FUNCTION catalog.replication_document(text, uuid);
DROP FUNCTION catalog.replication_item(uuid, text, timestamptz, text, text, text, text, text, text, text, text, text, text, json);
DROP TABLE catalog.enterprise_project_grants, catalog.vaults, catalog.replication_records, catalog.backups;
DROP FUNCTION catalog.replication_records_changed();
DROP FUNCTION catalog.backup_document(uuid, text, uuid, uuid, uuid, uuid, uuid, text, text, text, text, text, text, text,
    integer, text, timestamptz, timestamptz, timestamptz, timestamptz, boolean, integer, json);
DROP FUNCTION catalog.api_time(timestamptz);
DROP FUNCTION catalog.is_project_id(text);
DROP FUNCTION catalog.is_extend_info(json);
DROP FUNCTION catalog.facet(text, text, text, boolean, boolean, boolean, boolean, smallint, boolean, boolean, text, text);
COMMIT;
