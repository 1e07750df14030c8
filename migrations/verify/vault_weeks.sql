SELECT vaults_by_week FROM catalog.project_counts WHERE false;
SELECT 1 / (count(*) = 2)::integer FROM pg_proc
WHERE oid IN (to_regprocedure('catalog.fold_counts()'), to_regprocedure('catalog.count_by_week(text)'))
  AND prosrc LIKE '%vault_week%';
