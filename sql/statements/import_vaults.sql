-- The last of several records of one vault counts.
INSERT INTO catalog.vaults AS v (project_id, id, name, size, used)
SELECT DISTINCT ON (s.id) s.project_id, s.id, s.name, s.size, s.used
FROM stage_vaults s
ORDER BY s.id, s.origin DESC
ON CONFLICT (id) DO UPDATE SET project_id = excluded.project_id, name = excluded.name, size = excluded.size,
    used = excluded.used
