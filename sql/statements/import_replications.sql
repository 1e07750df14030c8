-- Before their backups: the foreign key waits for the end, and the document of each is made once.
INSERT INTO catalog.replication_records (project_id, backup_id, position, id, status, created_at, vault_id,
    source_backup_id, source_checkpoint_id, source_project_id, source_region, destination_backup_id,
    destination_checkpoint_id, destination_project_id, destination_region, destination_vault_id, extra_info)
SELECT project_id, backup_id, position, id, status, created_at, vault_id,
    source_backup_id, source_checkpoint_id, source_project_id, source_region, destination_backup_id,
    destination_checkpoint_id, destination_project_id, destination_region, destination_vault_id, extra_info
FROM stage_replication_records
