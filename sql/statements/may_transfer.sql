-- Whether the role may see, and whether it may write, everything that import and export handle; and whether it is also a
-- catalog_reader, whose policies would hide rows from an export.
SELECT bool_and(has_table_privilege(t.name, 'SELECT')), bool_and(has_table_privilege(t.name, 'INSERT')),
       pg_has_role(current_user, 'catalog_reader', 'MEMBER') AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
FROM unnest(ARRAY['catalog.backups', 'catalog.replication_records', 'catalog.members', 'catalog.vaults',
                  'catalog.enterprise_project_grants']) AS t (name)
