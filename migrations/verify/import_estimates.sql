SELECT 1 / has_function_privilege('catalog_writer', 'catalog.mend_estimates()', 'EXECUTE')::integer;
