-- The marker's place in every order, for an administrator's call over all projects; $1 marker.
SELECT b.created_at, b.updated_order, b.protected_order, b.name, b.status
FROM catalog.backups b
WHERE b.id = $1::uuid AND b.owner_project_id IS NULL
