-- What keeps tenants apart and counters right, a line each: row-level security, policies, triggers, functions, and what the two
-- roles and everybody may do. scripts/migrate verify compares it with state.txt, which has it as the migrations leave it.
SET search_path = pg_catalog;
SELECT line FROM (
    SELECT format('row-level security of %s: %s', c.oid::regclass, CASE WHEN c.relrowsecurity THEN 'on' ELSE 'off' END) AS line
    FROM pg_class c WHERE c.relnamespace = 'catalog'::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    -- Of expressions what does not depend on the server's way to print them.
    SELECT format('policy %s on %s: %s for %s to %s%s%s', p.polname, p.polrelid::regclass,
                  CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, p.polcmd, r.names,
                  ' using ' || regexp_replace(pg_get_expr(p.polqual, p.polrelid), '[\s()]+| AS \w+', ' ', 'g'),
                  ' check ' || regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '[\s()]+| AS \w+', ' ', 'g'))
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    CROSS JOIN LATERAL (SELECT string_agg(coalesce(a.rolname, 'public'), ', ' ORDER BY a.rolname) AS names
                        FROM unnest(p.polroles) u (role) LEFT JOIN pg_roles a ON a.oid = u.role
                        WHERE u.role = 0 OR a.rolname IN ('catalog_reader', 'catalog_writer')) r
    WHERE c.relnamespace = 'catalog'::regnamespace AND r.names IS NOT NULL
    UNION ALL
    SELECT format('trigger %s on %s: %s', t.tgname, t.tgrelid::regclass,
                  CASE t.tgenabled WHEN 'O' THEN 'on' WHEN 'D' THEN 'off' ELSE 'by replication role' END)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'catalog'::regnamespace AND (NOT t.tgisinternal OR t.tgenabled <> 'O')
    UNION ALL
    SELECT format('function %s: %s, %s, body %s', p.oid::regprocedure,
                  CASE WHEN p.prosecdef THEN 'as its owner' ELSE 'as its caller' END,
                  coalesce(array_to_string(p.proconfig, ', '), 'no settings'), md5(p.prosrc))
    FROM pg_proc p WHERE p.pronamespace = 'catalog'::regnamespace
    UNION ALL
    SELECT format('%s may %s %s %s', coalesce(r.rolname, 'everybody'), a.privilege_type, o.kind, o.name)
    FROM (SELECT 'the schema' AS kind, n.nspname::text AS name, n.nspowner AS owner, n.nspacl AS acl, acldefault('n', n.nspowner) AS default_acl
          FROM pg_namespace n WHERE n.nspname = 'catalog'
          UNION ALL
          SELECT 'on', c.oid::regclass::text, c.relowner, c.relacl, acldefault('r', c.relowner)
          FROM pg_class c WHERE c.relnamespace = 'catalog'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
          UNION ALL
          SELECT 'column of', c.oid::regclass || '.' || t.attname, c.relowner, t.attacl, NULL
          FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid
          WHERE c.relnamespace = 'catalog'::regnamespace AND t.attacl IS NOT NULL
          UNION ALL
          SELECT 'function', p.oid::regprocedure::text, p.proowner, p.proacl, acldefault('f', p.proowner)
          FROM pg_proc p WHERE p.pronamespace = 'catalog'::regnamespace) o
    CROSS JOIN LATERAL aclexplode(coalesce(o.acl, o.default_acl)) a
    LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE a.grantee <> o.owner AND (a.grantee = 0 OR r.rolname IN ('catalog_reader', 'catalog_writer'))
) s
ORDER BY line COLLATE "C";
