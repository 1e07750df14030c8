SELECT week, own, bits, ns FROM catalog.all_weeks WHERE false;
SELECT week, facet, n FROM catalog.all_week_counts WHERE false;
SELECT 1 / (count(*) = 1)::integer FROM catalog.all_weeks WHERE week = '-infinity';
SELECT 1 / (count(*) = 3)::integer FROM pg_proc
WHERE oid IN (to_regprocedure('catalog.fold_counts()'), to_regprocedure('catalog.recount(text)'),
              to_regprocedure('catalog.truncated()'))
  AND prosrc LIKE '%all_weeks%';
SELECT 1 / (to_regclass('catalog.count_deltas_waited_for') IS NULL)::integer;
