-- The connected role: its name, whether row-level security does not bind it, and whether it may read the catalog.
SELECT current_user,
       r.rolsuper,
       r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('catalog.backups') AND pg_has_role(current_user, c.relowner, 'MEMBER')),
       coalesce(has_table_privilege(current_user, to_regclass('catalog.backups'), 'SELECT'), false)
FROM pg_roles r
WHERE r.rolname = current_user
