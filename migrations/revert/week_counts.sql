-- Nobody reads by week or counts by week any more; when nobody is left who does, what was there for it goes.
SELECT EXISTS (SELECT FROM pg_proc WHERE oid = to_regprocedure('catalog.count_by_week(text)')) AS counted_by_week \gset
\if :counted_by_week
SET lock_timeout = 0; -- nobody waits behind the row of counter_lock
BEGIN;
SELECT FROM catalog.counter_lock FOR UPDATE;
UPDATE catalog.project_counts SET by_week = false WHERE by_week;

CREATE OR REPLACE FUNCTION catalog.count_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, min(resource_az), min(enterprise_project_id), count(*)
        FROM new_rows GROUP BY 1, 2, 3;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, min(resource_az), min(enterprise_project_id), -count(*)
        FROM old_rows GROUP BY 1, 2, 3;
    ELSE
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, min(resource_az), min(enterprise_project_id), sum(n)
        FROM (SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, 1 AS n FROM new_rows
              UNION ALL
              SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, -1 FROM old_rows) c
        GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    END IF;
    IF nextval('catalog.fold_turn') % 256 = 0 THEN
        PERFORM catalog.fold_counts();
    END IF;
    RETURN NULL;
END
$$;

-- Moves the deltas into the counters. One session at a time does it; the others go on.
CREATE OR REPLACE FUNCTION catalog.fold_counts() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
DECLARE
    projects text[];
BEGIN
    -- In a stricter isolation level a delta that another session folded meanwhile would be an error here.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RETURN;
    END IF;
    PERFORM FROM catalog.counter_lock FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH moved AS MATERIALIZED (
        DELETE FROM catalog.count_deltas RETURNING *
    ), to_projects AS (
        INSERT INTO catalog.project_counts AS c (project_id, shared, n)
        SELECT project_id, facet & 32768 <> 0, sum(n) FROM moved WHERE facet & 65536 = 0 GROUP BY 1, 2
        ON CONFLICT (project_id, shared) DO UPDATE SET n = c.n + excluded.n
    ), to_facets AS (
        INSERT INTO catalog.project_facets AS c (project_id, enterprise_project_id, facets, zones, ns)
        SELECT project_id, enterprise_project_id, coalesce(array_agg(facet ORDER BY facet) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(zone ORDER BY facet) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY facet) FILTER (WHERE n <> 0), '{}')
        FROM (SELECT project_id, enterprise_project_id, facet, min(zone) AS zone, sum(n)::bigint AS n
              FROM (SELECT project_id, enterprise_project_id, facet, resource_az AS zone, n FROM moved
                    UNION ALL
                    SELECT t.project_id, t.enterprise_project_id, old.facet, old.zone, old.n
                    FROM (SELECT DISTINCT project_id, enterprise_project_id FROM moved) t
                    CROSS JOIN LATERAL (SELECT u.* FROM catalog.project_facets p, unnest(p.facets, p.zones, p.ns) u (facet, zone, n)
                                        WHERE p.project_id = t.project_id
                                          AND p.enterprise_project_id = t.enterprise_project_id OFFSET 0) old) every
              GROUP BY 1, 2, 3) summed
        GROUP BY 1, 2
        ON CONFLICT (project_id, enterprise_project_id) DO UPDATE SET facets = excluded.facets, zones = excluded.zones,
            ns = excluded.ns
    ), to_vaults AS (
        INSERT INTO catalog.vault_facets AS c (project_id, vault_id, enterprise_project_id, facets, zones, ns)
        SELECT project_id, vault_id, enterprise_project_id,
               coalesce(array_agg(facet ORDER BY facet) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(zone ORDER BY facet) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY facet) FILTER (WHERE n <> 0), '{}')
        FROM (SELECT project_id, vault_id, enterprise_project_id, facet, min(zone) AS zone, sum(n)::bigint AS n
              FROM (SELECT project_id, vault_id, enterprise_project_id, facet, resource_az AS zone, n
                    FROM moved WHERE vault_id IS NOT NULL
                    UNION ALL
                    SELECT t.project_id, t.vault_id, t.enterprise_project_id, old.facet, old.zone, old.n
                    FROM (SELECT DISTINCT project_id, vault_id, enterprise_project_id FROM moved WHERE vault_id IS NOT NULL) t
                    CROSS JOIN LATERAL (SELECT u.* FROM catalog.vault_facets p, unnest(p.facets, p.zones, p.ns) u (facet, zone, n)
                                        WHERE p.vault_id = t.vault_id AND p.project_id = t.project_id
                                          AND p.enterprise_project_id = t.enterprise_project_id OFFSET 0) old) every
              GROUP BY 1, 2, 3, 4) summed
        GROUP BY 1, 2, 3
        ON CONFLICT (vault_id, project_id, enterprise_project_id) DO UPDATE SET facets = excluded.facets,
            zones = excluded.zones, ns = excluded.ns
    ), to_zones AS (
        INSERT INTO catalog.zone_facets AS c (resource_az, bits, ns)
        SELECT zone, coalesce(array_agg(bits ORDER BY bits) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY bits) FILTER (WHERE n <> 0), '{}')
        FROM (SELECT zone, bits, sum(n)::bigint AS n
              FROM (SELECT resource_az AS zone, (facet & 1048575)::integer AS bits, n FROM moved
                    UNION ALL
                    SELECT z.resource_az, u.bits, u.n FROM catalog.zone_facets z, unnest(z.bits, z.ns) u (bits, n)
                    WHERE EXISTS (SELECT FROM moved m WHERE m.resource_az IS NOT DISTINCT FROM z.resource_az)) every
              GROUP BY 1, 2) summed
        GROUP BY 1
        ON CONFLICT (resource_az) DO UPDATE SET bits = excluded.bits, ns = excluded.ns
    ), to_placements AS (
        INSERT INTO catalog.zone_placements (resource_az, placement)
        SELECT DISTINCT resource_az, facet >> 20 FROM moved WHERE resource_az IS NOT NULL
        ON CONFLICT DO NOTHING
    )
    SELECT array_agg(DISTINCT project_id) INTO projects FROM moved;
    DELETE FROM catalog.project_facets WHERE project_id = ANY (projects) AND facets = '{}';
    DELETE FROM catalog.vault_facets WHERE project_id = ANY (projects) AND facets = '{}';
END
$$;

-- Makes the counters of a project anew. One statement, and so one snapshot, counts the rows and takes away the deltas of
-- the transactions whose rows it counts; those of later ones stay. Nobody folds until the transaction ends.
CREATE OR REPLACE FUNCTION catalog.recount(of_project text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    PERFORM FROM catalog.counter_lock FOR UPDATE;
    IF NOT FOUND THEN
        RAISE 'the counters are being moved by a migration; repeat when it has ended' USING ERRCODE = 'object_in_use';
    END IF;
    WITH counted AS MATERIALIZED (
        SELECT b.enterprise_project_id, b.facet, b.vault_id, min(b.resource_az) AS zone, count(*) AS n
        FROM catalog.backups b WHERE b.project_id = of_project GROUP BY 1, 2, 3
    ), top_level AS MATERIALIZED (
        SELECT c.facet & 32768 <> 0 AS shared, sum(c.n) AS n FROM counted c WHERE c.facet & 65536 = 0 GROUP BY 1
    ), no_deltas AS (
        DELETE FROM catalog.count_deltas d WHERE d.project_id = of_project
    ), no_project AS (
        DELETE FROM catalog.project_counts p
        WHERE p.project_id = of_project AND p.shared NOT IN (SELECT t.shared FROM top_level t)
    ), no_facets AS (
        DELETE FROM catalog.project_facets f
        WHERE f.project_id = of_project
          AND NOT EXISTS (SELECT FROM counted c WHERE c.enterprise_project_id = f.enterprise_project_id)
    ), no_vaults AS (
        DELETE FROM catalog.vault_facets v
        WHERE v.project_id = of_project
          AND NOT EXISTS (SELECT FROM counted c
                          WHERE c.vault_id = v.vault_id AND c.enterprise_project_id = v.enterprise_project_id)
    ), to_project AS (
        INSERT INTO catalog.project_counts (project_id, shared, n) SELECT of_project, t.shared, t.n FROM top_level t
        ON CONFLICT (project_id, shared) DO UPDATE SET n = excluded.n
    ), to_facets AS (
        INSERT INTO catalog.project_facets (project_id, enterprise_project_id, facets, zones, ns)
        SELECT of_project, c.enterprise_project_id, array_agg(c.facet ORDER BY c.facet), array_agg(c.zone ORDER BY c.facet),
               array_agg(c.n ORDER BY c.facet)
        FROM (SELECT enterprise_project_id, facet, min(zone) AS zone, sum(n)::bigint AS n FROM counted GROUP BY 1, 2) c
        GROUP BY 2
        ON CONFLICT (project_id, enterprise_project_id) DO UPDATE SET facets = excluded.facets, zones = excluded.zones,
            ns = excluded.ns
    )
    INSERT INTO catalog.vault_facets (project_id, vault_id, enterprise_project_id, facets, zones, ns)
    SELECT of_project, c.vault_id, c.enterprise_project_id, array_agg(c.facet ORDER BY c.facet),
           array_agg(c.zone ORDER BY c.facet), array_agg(c.n ORDER BY c.facet)
    FROM counted c WHERE c.vault_id IS NOT NULL GROUP BY 2, 3
    ON CONFLICT (vault_id, project_id, enterprise_project_id) DO UPDATE SET facets = excluded.facets,
        zones = excluded.zones, ns = excluded.ns;
    PERFORM catalog.recount_zones();
END
$$;

CREATE OR REPLACE FUNCTION catalog.truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    TRUNCATE catalog.count_deltas, catalog.project_counts, catalog.project_facets, catalog.vault_facets, catalog.zone_facets,
        catalog.zone_placements;
    RETURN NULL;
END
$$;

DROP FUNCTION catalog.count_by_week(text);
COMMIT;
\endif

-- CONCURRENTLY returns when no transaction is left that reads by week or writes deltas with their week.
SET lock_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.count_deltas_waited_for;
CREATE INDEX CONCURRENTLY count_deltas_waited_for ON catalog.count_deltas (project_id) WHERE false;
DROP INDEX CONCURRENTLY catalog.count_deltas_waited_for;
SET lock_timeout = '50ms';

BEGIN\;
DROP VIEW IF EXISTS catalog.week_counts\;
DROP TABLE IF EXISTS catalog.week_facets, catalog.facets_by_bits\;
ALTER TABLE catalog.project_counts DROP COLUMN IF EXISTS by_week\;
ALTER TABLE catalog.count_deltas DROP COLUMN IF EXISTS week\;
DROP FUNCTION IF EXISTS catalog.counted_by_week_from()\;
DROP FUNCTION IF EXISTS catalog.week_of(timestamptz)\;
COMMIT;
