BEGIN;

-- Nobody is inside the functions that use the table.
LOCK TABLE catalog.backups IN SHARE MODE;

CREATE OR REPLACE FUNCTION catalog.count_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, week, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END,
               min(resource_az), min(enterprise_project_id), count(*)
        FROM new_rows GROUP BY 1, 2, 3, 4;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, week, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END,
               min(resource_az), min(enterprise_project_id), -count(*)
        FROM old_rows GROUP BY 1, 2, 3, 4;
    ELSE
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, week, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, week, min(resource_az), min(enterprise_project_id), sum(n)
        FROM (SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, 1 AS n,
                     CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END AS week FROM new_rows
              UNION ALL
              SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, -1,
                     CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END FROM old_rows) c
        GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;
    END IF;
    IF nextval('catalog.fold_turn') % 256 = 0 THEN
        PERFORM catalog.fold_counts();
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION catalog.truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
BEGIN
    TRUNCATE catalog.count_deltas, catalog.project_counts, catalog.project_facets, catalog.vault_facets, catalog.zone_facets,
        catalog.zone_placements, catalog.week_facets, catalog.facets_by_bits, catalog.part_facets, catalog.all_weeks;
    INSERT INTO catalog.all_weeks (week, own, bits, ns) VALUES ('-infinity', 0, '{}', '{}');
    RETURN NULL;
END
$$;

DROP FUNCTION IF EXISTS catalog.place(bigint, text, text), catalog.recount_placements(), catalog.placement_of(text, text);
DROP TABLE IF EXISTS catalog.placements;

COMMIT;
