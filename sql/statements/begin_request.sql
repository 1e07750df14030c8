-- Sets the caller for this transaction, which row-level security reads; returns the user's enterprise projects, null
-- where the user is not restricted. $1 project, $2 user, $3 all tenants.
SELECT unnest(g.ids) AS enterprise_project_id
FROM catalog.begin_request($1::text, $2::text, $3::boolean) AS g (ids)
