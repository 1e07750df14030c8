SELECT project_id, facet, resource_az, enterprise_project_id, n FROM catalog.facet_counts WHERE false;
SELECT project_id, vault_id, facet, resource_az, enterprise_project_id, n FROM catalog.vault_counts WHERE false;
SELECT resource_az, facet, n FROM catalog.zone_counts WHERE false;
SELECT 1 / (count(*) = 1)::integer FROM catalog.counter_lock;
SELECT 1 / (count(*) = 1)::integer FROM pg_index
WHERE indexrelid = 'catalog.project_facets_enterprise_project'::regclass AND indisvalid;
SELECT 1 / (to_regclass('catalog.facet_counts_before') IS NULL)::integer;
