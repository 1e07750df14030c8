BEGIN;

SELECT placement, resource_az, enterprise_project_id FROM catalog.placements WHERE false;
SELECT 1 / (count(*) = 5)::integer FROM pg_proc
WHERE oid IN ('catalog.place(bigint, text, text)'::regprocedure, 'catalog.placement_of(text, text)'::regprocedure,
              'catalog.recount_placements()'::regprocedure)
   OR oid = 'catalog.count_changes()'::regprocedure AND prosrc LIKE '%catalog.place(%'
   OR oid = 'catalog.truncated()'::regprocedure AND prosrc LIKE '%catalog.placements%';

ROLLBACK;
