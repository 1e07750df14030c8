SELECT 1 / (count(*) = 6)::integer FROM pg_class
WHERE oid IN ('catalog.facet_counts'::regclass, 'catalog.vault_counts'::regclass, 'catalog.zone_counts'::regclass,
              'catalog.week_counts'::regclass, 'catalog.part_counts'::regclass, 'catalog.all_week_counts'::regclass)
  AND pg_get_viewdef(oid) NOT LIKE '%LATERAL%' AND reloptions::text LIKE '%security_invoker=true%';
