-- One backup, the project's own or shared with it; $1 project, $2 backup.
SELECT b.document, b.replication_document
FROM catalog.backups b
WHERE b.project_id = $1::text AND b.id = $2::uuid AND NOT b.inherited
