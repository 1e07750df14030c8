-- The marker's place in every order, if the caller may see it; $1 project, $2 marker.
SELECT b.created_at, b.updated_order, b.protected_order, b.name, b.status
FROM catalog.backups b
WHERE b.project_id = $1::text AND b.id = $2::uuid AND NOT b.inherited
