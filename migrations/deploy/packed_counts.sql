-- Counters by facet packed into arrays, one row for each project and enterprise project: the 1,500 facets of a large
-- project are some forty pages instead of one page each. Also counters of all projects together (zone_facets), for calls
-- over all tenants. facet_counts and vault_counts stay as views with the same columns, which running services read.
--
-- Several transactions. At every moment the views show tables and arrays together, and each count is in one of them, so
-- that a request sees the same sums in whichever snapshot it reads. Running the script again goes on where it ended.
SELECT relkind = 'r' AS as_deployed_before FROM pg_class WHERE oid = 'catalog.facet_counts'::regclass \gset
\if :as_deployed_before
BEGIN;

CREATE TABLE catalog.project_facets (
    project_id text COLLATE "C" NOT NULL,
    enterprise_project_id text COLLATE "C" NOT NULL,
    facets bigint[] NOT NULL,
    zones text[] COLLATE "C" NOT NULL, -- of each facet, null where there is none
    ns bigint[] NOT NULL,              -- backups of each facet
    PRIMARY KEY (project_id, enterprise_project_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE catalog.vault_facets (
    project_id text COLLATE "C" NOT NULL,
    vault_id uuid NOT NULL,
    enterprise_project_id text COLLATE "C" NOT NULL,
    facets bigint[] NOT NULL,
    zones text[] COLLATE "C" NOT NULL,
    ns bigint[] NOT NULL,
    PRIMARY KEY (vault_id, project_id, enterprise_project_id) -- the vault first, for calls over all tenants
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX vault_facets_project ON catalog.vault_facets (project_id);

-- The backups of all projects by zone and the facet's lower 20 bits.
CREATE TABLE catalog.zone_facets (
    resource_az text COLLATE "C",
    bits integer[] NOT NULL,
    ns bigint[] NOT NULL,
    UNIQUE NULLS NOT DISTINCT (resource_az)
) WITH (fillfactor = 20);

-- The upper bits of facets (zone and enterprise project) that a zone has or had.
CREATE TABLE catalog.zone_placements (
    resource_az text COLLATE "C" NOT NULL,
    placement bigint NOT NULL,
    PRIMARY KEY (resource_az, placement)
);

-- Whoever has locked its one row changes the counters. It gets the row when the counters are all here.
CREATE TABLE catalog.counter_lock (only_row boolean PRIMARY KEY CHECK (only_row));

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

-- Makes the counters of all projects together anew, from those of each project.
CREATE FUNCTION catalog.recount_zones() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
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

-- The enterprise projects that the transaction's user may see: null = all (no grants), empty = none (no user set).
CREATE FUNCTION catalog.permitted_enterprise_projects() RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
DECLARE
    caller_user text := current_setting('catalog.user_id', true);
BEGIN
    IF coalesce(caller_user, '') = '' THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT array_agg(g.enterprise_project_id) FROM catalog.enterprise_project_grants g WHERE g.user_id = caller_user);
END
$$;

REVOKE ALL ON FUNCTION catalog.recount_zones(), catalog.permitted_enterprise_projects() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.recount_zones() TO catalog_writer;
GRANT EXECUTE ON FUNCTION catalog.permitted_enterprise_projects() TO catalog_reader;
GRANT SELECT ON catalog.project_facets, catalog.vault_facets, catalog.zone_facets, catalog.zone_placements
    TO catalog_reader, catalog_writer;
ALTER TABLE catalog.project_facets ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.vault_facets ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.zone_facets ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.zone_placements ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.project_facets FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY tenant ON catalog.vault_facets FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY enterprise_projects ON catalog.project_facets AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    (enterprise_project_id = ANY ((SELECT catalog.permitted_enterprise_projects())::text[])) IS NOT FALSE);
CREATE POLICY enterprise_projects ON catalog.vault_facets AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    (enterprise_project_id = ANY ((SELECT catalog.permitted_enterprise_projects())::text[])) IS NOT FALSE);
CREATE POLICY every_tenant ON catalog.zone_facets FOR SELECT TO catalog_reader USING (
    (SELECT current_setting('catalog.all_tenants', true)) = 'on'
    AND (SELECT catalog.permitted_enterprise_projects()) IS NULL);
CREATE POLICY every_tenant ON catalog.zone_placements FOR SELECT TO catalog_reader USING (
    (SELECT current_setting('catalog.all_tenants', true)) = 'on'
    AND (SELECT catalog.permitted_enterprise_projects()) IS NULL);
CREATE POLICY writer ON catalog.project_facets FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer ON catalog.vault_facets FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer ON catalog.zone_facets FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer ON catalog.zone_placements FOR SELECT TO catalog_writer USING (true);

-- Nobody folds now, also not in the old function: it finds no row to lock. Last the names change hands, and what locks
-- the tables travels together with COMMIT (\;).
DELETE FROM catalog.fold_lock;
ALTER TABLE catalog.facet_counts RENAME TO facet_counts_before\;
ALTER TABLE catalog.vault_counts RENAME TO vault_counts_before\;
CREATE VIEW catalog.facet_counts WITH (security_invoker = true) AS
    SELECT p.project_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.project_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n)
    UNION ALL
    SELECT project_id, facet, resource_az, enterprise_project_id, n FROM catalog.facet_counts_before\;
CREATE VIEW catalog.vault_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.vault_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.vault_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n)
    UNION ALL
    SELECT project_id, vault_id, facet, resource_az, enterprise_project_id, n FROM catalog.vault_counts_before\;
GRANT SELECT ON catalog.facet_counts, catalog.vault_counts TO catalog_reader, catalog_writer\;
COMMIT;
\endif

-- The counts move. Who reads meanwhile sees them here or there.
SELECT count(*) = 0 AS to_be_moved FROM catalog.counter_lock \gset
\if :to_be_moved
BEGIN;
INSERT INTO catalog.project_facets (project_id, enterprise_project_id, facets, zones, ns)
SELECT project_id, enterprise_project_id, array_agg(facet ORDER BY facet), array_agg(resource_az ORDER BY facet),
       array_agg(n ORDER BY facet)
FROM catalog.facet_counts_before WHERE n <> 0 GROUP BY 1, 2;
INSERT INTO catalog.vault_facets (project_id, vault_id, enterprise_project_id, facets, zones, ns)
SELECT project_id, vault_id, enterprise_project_id, array_agg(facet ORDER BY facet), array_agg(resource_az ORDER BY facet),
       array_agg(n ORDER BY facet)
FROM catalog.vault_counts_before WHERE n <> 0 GROUP BY 1, 2, 3;
DELETE FROM catalog.facet_counts_before;
DELETE FROM catalog.vault_counts_before;
INSERT INTO catalog.counter_lock VALUES (true);
SELECT catalog.recount_zones();
COMMIT;
\endif

-- CONCURRENTLY returns when no transaction is left that sees the counts where they were.
SET lock_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.project_facets_enterprise_project;
CREATE INDEX CONCURRENTLY project_facets_enterprise_project ON catalog.project_facets (enterprise_project_id);
SET lock_timeout = '50ms';
BEGIN\;
CREATE OR REPLACE VIEW catalog.facet_counts WITH (security_invoker = true) AS
    SELECT p.project_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.project_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n)\;
CREATE OR REPLACE VIEW catalog.vault_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.vault_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.vault_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n)\;
CREATE OR REPLACE VIEW catalog.zone_counts WITH (security_invoker = true) AS
    SELECT z.resource_az, u.bits::bigint AS facet, u.n
    FROM catalog.zone_facets z CROSS JOIN LATERAL unnest(z.bits, z.ns) AS u (bits, n)\;
GRANT SELECT ON catalog.zone_counts TO catalog_reader, catalog_writer\;
DROP TABLE IF EXISTS catalog.facet_counts_before, catalog.vault_counts_before, catalog.fold_lock\;
COMMIT;
