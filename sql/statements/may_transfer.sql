-- Whether the role may see, and whether it may write, everything that import and export handle.
SELECT bool_and(has_table_privilege(t.name, 'SELECT')), bool_and(has_table_privilege(t.name, 'INSERT'))
FROM unnest(ARRAY['catalog.backups', 'catalog.replication_records', 'catalog.members', 'catalog.vaults',
                  'catalog.enterprise_project_grants']) AS t (name)
