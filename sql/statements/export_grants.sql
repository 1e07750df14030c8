-- Grants belong to users, not to projects: a project's part has none.
SELECT '{"kind":"enterprise_project_grant","user_id":' || to_json(g.user_id) || ',"enterprise_project_id":'
    || to_json(g.enterprise_project_id) || '}'
FROM catalog.enterprise_project_grants g
WHERE $1::text IS NULL
ORDER BY g.user_id, g.enterprise_project_id
