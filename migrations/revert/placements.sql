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

CREATE OR REPLACE FUNCTION catalog.recount_zones() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM FROM catalog.counter_lock FOR UPDATE;
    IF NOT FOUND THEN
        RAISE 'the counters are being moved by a migration; repeat when it has ended' USING ERRCODE = 'object_in_use';
    END IF;
    DELETE FROM catalog.zone_facets;
    DELETE FROM catalog.zone_placements;
    INSERT INTO catalog.zone_facets (resource_az, bits, ns)
    SELECT zone, array_agg(bits ORDER BY bits), array_agg(n ORDER BY bits)
    FROM (SELECT u.zone, (u.facet & 1048575)::integer AS bits, sum(u.n)::bigint AS n
          FROM catalog.project_facets p, unnest(p.facets, p.zones, p.ns) u (facet, zone, n) GROUP BY 1, 2) summed
    GROUP BY 1;
    INSERT INTO catalog.zone_placements (resource_az, placement)
    SELECT DISTINCT u.zone, u.facet >> 20 FROM catalog.project_facets p, unnest(p.facets, p.zones) u (facet, zone)
    WHERE u.zone IS NOT NULL;
END
$$;

DROP FUNCTION IF EXISTS catalog.place(bigint, text, text), catalog.placement_of(text, text);
DROP TABLE IF EXISTS catalog.placements;

COMMIT;
