SELECT 1 / (bool_and(has_function_privilege('catalog_writer', f, 'EXECUTE')))::integer
FROM unnest(ARRAY['catalog.repair_backups(uuid[])', 'catalog.recount(text)', 'catalog.shares_of(text[], uuid[])']) AS t (f);
