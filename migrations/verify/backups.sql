SELECT project_id, id, facet, document, updated_order, protected_order FROM catalog.backups WHERE false;
SELECT project_id, backup_id, position, extra_info FROM catalog.replication_records WHERE false;
SELECT project_id, id, size, used FROM catalog.vaults WHERE false;
SELECT user_id, enterprise_project_id FROM catalog.enterprise_project_grants WHERE false;
