-- A backup that comes again brings its whole list of replication records.
DELETE FROM catalog.replication_records r
USING stage_backups s
WHERE r.project_id = s.project_id AND r.backup_id = s.id
