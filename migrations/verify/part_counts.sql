SELECT project_id, part, facet, n FROM catalog.part_counts WHERE false;
SELECT first, last FROM catalog.week_counts WHERE false;
SELECT firsts, lasts FROM catalog.week_facets WHERE false;
SELECT resource_az FROM catalog.facets_by_bits WHERE false;
SELECT by_part FROM catalog.project_counts WHERE false;
SELECT 1 / (count(*) = 2)::integer FROM pg_proc
WHERE oid IN (to_regprocedure('catalog.fold_counts()'), to_regprocedure('catalog.count_by_week(text)'))
  AND prosrc LIKE '%part_facets%';
SELECT 1 / (to_regclass('catalog.count_deltas_waited_for') IS NULL)::integer;
