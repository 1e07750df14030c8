-- With a project: the records of its own backups, which is what can be imported again without the other projects.
SELECT '{"kind":"member","id":"' || m.id || '","backup_id":"' || m.backup_id || '","dest_project_id":' || to_json(m.dest_project_id)
    || ',"status":"' || m.status || '","vault_id":' || coalesce('"' || m.vault_id || '"', 'null')
    || ',"created_at":' || coalesce(catalog.api_time(m.created_at), 'null')
    || ',"updated_at":' || coalesce(catalog.api_time(m.updated_at), 'null') || '}'
FROM catalog.members m
WHERE $1::text IS NULL OR m.project_id = $1::text
ORDER BY m.project_id, m.id
