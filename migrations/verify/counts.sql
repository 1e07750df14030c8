SELECT project_id, facet, vault_id, n FROM catalog.count_deltas WHERE false;
SELECT project_id, shared, n FROM catalog.project_counts WHERE false;
SELECT project_id, facet, n FROM catalog.facet_counts WHERE false;
SELECT project_id, vault_id, facet, n FROM catalog.vault_counts WHERE false;
