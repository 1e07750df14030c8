-- The counts go back into a row each, in the same way: the views show rows and arrays together until nobody sees the arrays.
SELECT to_regclass('catalog.facet_counts_after') IS NULL AND relkind = 'v' AS packed
FROM pg_class WHERE oid = 'catalog.facet_counts'::regclass \gset
\if :packed
BEGIN;

CREATE TABLE catalog.facet_counts_after (
    project_id text COLLATE "C" NOT NULL,
    facet bigint NOT NULL,
    resource_az text COLLATE "C",
    enterprise_project_id text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT facet_counts_pkey PRIMARY KEY (project_id, facet)
) WITH (fillfactor = 70);
CREATE TABLE catalog.vault_counts_after (
    project_id text COLLATE "C" NOT NULL,
    vault_id uuid NOT NULL,
    facet bigint NOT NULL,
    resource_az text COLLATE "C",
    enterprise_project_id text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT vault_counts_pkey PRIMARY KEY (project_id, vault_id, facet)
) WITH (fillfactor = 70);
CREATE TABLE catalog.fold_lock (only_row boolean PRIMARY KEY CHECK (only_row)); -- its row comes last
GRANT SELECT ON catalog.facet_counts_after, catalog.vault_counts_after TO catalog_reader, catalog_writer;
ALTER TABLE catalog.facet_counts_after ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.vault_counts_after ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.facet_counts_after FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY enterprise_projects ON catalog.facet_counts_after AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    ((facet >> 20) = ANY ((SELECT catalog.permitted_placements())::bigint[])) IS NOT FALSE);
CREATE POLICY writer ON catalog.facet_counts_after FOR SELECT TO catalog_writer USING (true);
CREATE POLICY tenant ON catalog.vault_counts_after FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY enterprise_projects ON catalog.vault_counts_after AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    ((facet >> 20) = ANY ((SELECT catalog.permitted_placements())::bigint[])) IS NOT FALSE);
CREATE POLICY writer ON catalog.vault_counts_after FOR SELECT TO catalog_writer USING (true);

-- Nobody folds from here on.
DELETE FROM catalog.counter_lock;
CREATE OR REPLACE VIEW catalog.facet_counts WITH (security_invoker = true) AS
    SELECT p.project_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.project_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n)
    UNION ALL
    SELECT project_id, facet, resource_az, enterprise_project_id, n FROM catalog.facet_counts_after\;
CREATE OR REPLACE VIEW catalog.vault_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.vault_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.vault_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n)
    UNION ALL
    SELECT project_id, vault_id, facet, resource_az, enterprise_project_id, n FROM catalog.vault_counts_after\;
COMMIT;
\endif

SELECT to_regclass('catalog.project_facets') IS NOT NULL AS not_over \gset
\if :not_over
BEGIN;
INSERT INTO catalog.facet_counts_after (project_id, facet, resource_az, enterprise_project_id, n)
SELECT p.project_id, u.facet, min(u.zone), min(p.enterprise_project_id), sum(u.n)
FROM catalog.project_facets p, unnest(p.facets, p.zones, p.ns) AS u (facet, zone, n) GROUP BY 1, 2;
DELETE FROM catalog.project_facets;
INSERT INTO catalog.vault_counts_after (project_id, vault_id, facet, resource_az, enterprise_project_id, n)
SELECT p.project_id, p.vault_id, u.facet, min(u.zone), min(p.enterprise_project_id), sum(u.n)
FROM catalog.vault_facets p, unnest(p.facets, p.zones, p.ns) AS u (facet, zone, n) GROUP BY 1, 2, 3;
DELETE FROM catalog.vault_facets;
COMMIT;

-- CONCURRENTLY returns when no transaction is left that sees the counts where they were.
SET lock_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.project_facets_enterprise_project;
CREATE INDEX CONCURRENTLY project_facets_enterprise_project ON catalog.project_facets (enterprise_project_id);
SET lock_timeout = '50ms';

BEGIN;
CREATE OR REPLACE FUNCTION catalog.fold_counts() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
DECLARE
    projects text[];
BEGIN
    -- In a stricter isolation level a delta that another session folded meanwhile would be an error here.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RETURN;
    END IF;
    PERFORM FROM catalog.fold_lock FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH moved AS (
        DELETE FROM catalog.count_deltas RETURNING *
    ), to_projects AS (
        INSERT INTO catalog.project_counts AS c (project_id, shared, n)
        SELECT project_id, facet & 32768 <> 0, sum(n) FROM moved WHERE facet & 65536 = 0 GROUP BY 1, 2
        ON CONFLICT (project_id, shared) DO UPDATE SET n = c.n + excluded.n
    ), to_facets AS (
        INSERT INTO catalog.facet_counts AS c (project_id, facet, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, min(resource_az), min(enterprise_project_id), sum(n) FROM moved GROUP BY 1, 2
        ON CONFLICT (project_id, facet) DO UPDATE SET n = c.n + excluded.n
    ), to_vaults AS (
        INSERT INTO catalog.vault_counts AS c (project_id, vault_id, facet, resource_az, enterprise_project_id, n)
        SELECT project_id, vault_id, facet, min(resource_az), min(enterprise_project_id), sum(n)
        FROM moved WHERE vault_id IS NOT NULL GROUP BY 1, 2, 3
        ON CONFLICT (project_id, vault_id, facet) DO UPDATE SET n = c.n + excluded.n
    )
    SELECT array_agg(DISTINCT project_id) INTO projects FROM moved;
    DELETE FROM catalog.facet_counts WHERE project_id = ANY (projects) AND n = 0;
    DELETE FROM catalog.vault_counts WHERE project_id = ANY (projects) AND n = 0;
END
$$;

CREATE OR REPLACE FUNCTION catalog.recount(of_project text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    PERFORM FROM catalog.fold_lock FOR UPDATE;
    WITH counted AS MATERIALIZED (
        SELECT b.facet, b.vault_id, min(b.resource_az) AS resource_az, min(b.enterprise_project_id) AS enterprise_project_id,
               count(*) AS n
        FROM catalog.backups b WHERE b.project_id = of_project GROUP BY 1, 2
    ), top_level AS MATERIALIZED (
        SELECT c.facet & 32768 <> 0 AS shared, sum(c.n) AS n FROM counted c WHERE c.facet & 65536 = 0 GROUP BY 1
    ), no_deltas AS (
        DELETE FROM catalog.count_deltas d WHERE d.project_id = of_project
    ), no_project AS (
        DELETE FROM catalog.project_counts p
        WHERE p.project_id = of_project AND p.shared NOT IN (SELECT t.shared FROM top_level t)
    ), no_facets AS (
        DELETE FROM catalog.facet_counts f
        WHERE f.project_id = of_project AND NOT EXISTS (SELECT FROM counted c WHERE c.facet = f.facet)
    ), no_vaults AS (
        DELETE FROM catalog.vault_counts v
        WHERE v.project_id = of_project
          AND NOT EXISTS (SELECT FROM counted c WHERE c.facet = v.facet AND c.vault_id = v.vault_id)
    ), to_project AS (
        INSERT INTO catalog.project_counts (project_id, shared, n) SELECT of_project, t.shared, t.n FROM top_level t
        ON CONFLICT (project_id, shared) DO UPDATE SET n = excluded.n
    ), to_facets AS (
        INSERT INTO catalog.facet_counts (project_id, facet, resource_az, enterprise_project_id, n)
        SELECT of_project, c.facet, min(c.resource_az), min(c.enterprise_project_id), sum(c.n) FROM counted c GROUP BY c.facet
        ON CONFLICT (project_id, facet) DO UPDATE SET resource_az = excluded.resource_az,
            enterprise_project_id = excluded.enterprise_project_id, n = excluded.n
    )
    INSERT INTO catalog.vault_counts (project_id, vault_id, facet, resource_az, enterprise_project_id, n)
    SELECT of_project, c.vault_id, c.facet, c.resource_az, c.enterprise_project_id, c.n
    FROM counted c WHERE c.vault_id IS NOT NULL
    ON CONFLICT (project_id, vault_id, facet) DO UPDATE SET resource_az = excluded.resource_az,
        enterprise_project_id = excluded.enterprise_project_id, n = excluded.n;
END
$$;

CREATE OR REPLACE FUNCTION catalog.truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    TRUNCATE catalog.count_deltas, catalog.project_counts, catalog.facet_counts, catalog.vault_counts;
    RETURN NULL;
END
$$;

INSERT INTO catalog.fold_lock VALUES (true);
DROP FUNCTION catalog.recount_zones();
DROP VIEW IF EXISTS catalog.zone_counts\;
DROP VIEW catalog.facet_counts, catalog.vault_counts\;
ALTER TABLE catalog.facet_counts_after RENAME TO facet_counts\;
ALTER TABLE catalog.vault_counts_after RENAME TO vault_counts\;
DROP TABLE catalog.project_facets, catalog.vault_facets, catalog.zone_facets, catalog.zone_placements, catalog.counter_lock\;
DROP FUNCTION catalog.permitted_enterprise_projects()\;
COMMIT;
\endif
