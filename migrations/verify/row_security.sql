-- Of these some are views by now, which show what the reader may see of their tables.
SELECT 1 / (count(*) >= 7 AND bool_and(relrowsecurity))::integer FROM pg_class
WHERE relnamespace = 'catalog'::regnamespace AND relkind = 'r' AND relname IN ('backups', 'replication_records', 'members',
    'vaults', 'enterprise_project_grants', 'count_deltas', 'project_counts', 'facet_counts', 'vault_counts');
SELECT catalog.permitted_placements();
