-- The connected role: its name, whether row-level security does not bind it (superuser, BYPASSRLS, owner, a policy that
-- shows it every row), and whether it may read the catalog.
SELECT current_user,
       r.rolsuper,
       r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('catalog.backups') AND pg_has_role(current_user, c.relowner, 'MEMBER')),
       EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) AS to_role (oid)
               WHERE p.polrelid = to_regclass('catalog.backups') AND p.polpermissive AND p.polcmd IN ('r', '*')
                 AND p.polname <> 'tenant' AND (to_role.oid = 0 OR pg_has_role(current_user, to_role.oid, 'MEMBER'))),
       coalesce(has_table_privilege(current_user, to_regclass('catalog.backups'), 'SELECT'), false)
FROM pg_roles r
WHERE r.rolname = current_user
