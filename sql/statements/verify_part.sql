-- The next part of project $1's rows, from id $2 on: how many rows it has, its last id, and the first id of the part that
-- follows, null where none does.
SELECT least(count(*), 5000), (array_agg(p.id))[least(count(*), 5000)], (array_agg(p.id))[5001]
FROM (SELECT b.id FROM catalog.backups b WHERE b.project_id = $1::text AND b.id >= $2::uuid ORDER BY b.id LIMIT 5001) p
