SELECT 1 / (count(*) = 9)::integer FROM pg_class WHERE relnamespace = 'catalog'::regnamespace AND relkind = 'r' AND relrowsecurity;
SELECT catalog.permitted_placements();
