-- A backup that comes again brings its whole list of replication records.
DELETE FROM catalog.replication_records r
WHERE r.ctid = ANY (ARRAY(
    SELECT old.ctid
    FROM stage_backups s
    CROSS JOIN LATERAL (SELECT o.ctid FROM catalog.replication_records o
                        WHERE o.project_id = s.project_id AND o.backup_id = s.id OFFSET 0) old))
