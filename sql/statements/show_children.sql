-- The children of one backup as the project sees them; $1 project, $2 parent.
SELECT b.document, b.replication_document
FROM catalog.backups b
WHERE b.project_id = $1::text AND b.parent_id = $2::uuid
ORDER BY b.created_at DESC, b.id DESC
