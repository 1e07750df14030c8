INSERT INTO catalog.enterprise_project_grants (user_id, enterprise_project_id)
SELECT DISTINCT s.user_id, s.enterprise_project_id FROM stage_grants s
ON CONFLICT DO NOTHING
