SELECT 1 / (count(*) = 2)::integer FROM pg_roles WHERE rolname IN ('catalog_reader', 'catalog_writer') AND NOT rolcanlogin;
SELECT catalog.schema_version();
