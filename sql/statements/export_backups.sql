-- Every backup, or those of project $1, as import records.
SELECT '{"kind":"backup",' || substr(b.document, 2, length(b.document) - 2)
    || CASE WHEN b.dedicated_cloud THEN ',"dedicated_cloud":true' ELSE ',"dedicated_cloud":false' END
    || ',"replication_records":' || coalesce(b.replication_document, '[]') || '}'
FROM catalog.backups b
WHERE b.owner_project_id IS NULL AND ($1::text IS NULL OR b.project_id = $1::text)
ORDER BY b.project_id, b.id
