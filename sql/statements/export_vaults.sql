SELECT '{"kind":"vault","id":"' || v.id || '","project_id":' || to_json(v.project_id) || ',"name":' || to_json(v.name)
    || ',"size":' || v.size || ',"used":' || v.used || '}'
FROM catalog.vaults v
WHERE $1::text IS NULL OR v.project_id = $1::text
ORDER BY v.project_id, v.id
