SELECT catalog.granted_placements(), catalog.granted_enterprise_projects();
SELECT 1 / (count(*) = 2)::integer FROM pg_proc
WHERE oid IN ('catalog.permitted_placements()'::regprocedure, 'catalog.permitted_enterprise_projects()'::regprocedure)
  AND NOT prosecdef AND proconfig IS NULL;
