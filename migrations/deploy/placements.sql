-- Facets tell pairs of zone and enterprise project apart by 44 bits of a hash. Two pairs with the same bits would be taken for
-- one: by filters, by totals and by row-level security. So each pair is written down with its bits before a row has it, and
-- a row with another pair of the same bits is refused. By chance that happens once in 35 million catalogs of a thousand pairs.
--
-- One transaction. The pairs that are there are written down while nobody writes: the lock is held for milliseconds.
BEGIN;

LOCK TABLE catalog.backups IN SHARE MODE;

CREATE OR REPLACE FUNCTION catalog.placement_of(zone text, enterprise_project text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN catalog.facet('available', 'backup', 'OS::Cinder::Volume', false, NULL, false, false, 0::smallint, false, false,
                         zone, enterprise_project) >> 20;
REVOKE ALL ON FUNCTION catalog.placement_of(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.placement_of(text, text) TO catalog_writer;

-- The bits are not unique, but for the race of two transactions that both bring a pair that nobody had: the same pair, and they
-- must not wait for each other until an import ends. backup-catalog verify finds two pairs.
CREATE TABLE IF NOT EXISTS catalog.placements (
    placement bigint NOT NULL, -- of its backups: facet >> 20
    resource_az text COLLATE "C",
    enterprise_project_id text COLLATE "C" NOT NULL
);
CREATE INDEX IF NOT EXISTS placements_placement ON catalog.placements (placement);
ALTER TABLE catalog.placements ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON catalog.placements TO catalog_writer;
DROP POLICY IF EXISTS writer ON catalog.placements;
CREATE POLICY writer ON catalog.placements FOR SELECT TO catalog_writer USING (true);

-- Writes down the pairs that are there. A pair that no row has goes where it is in the way of one that a row has.
CREATE OR REPLACE FUNCTION catalog.recount_placements() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    WITH used AS MATERIALIZED (
        SELECT catalog.placement_of(c.resource_az, c.enterprise_project_id) AS placement, c.resource_az, c.enterprise_project_id
        FROM (SELECT resource_az, enterprise_project_id FROM catalog.facet_counts
              UNION SELECT resource_az, enterprise_project_id FROM catalog.count_deltas) c
    ), in_the_way AS (
        DELETE FROM catalog.placements p
        WHERE p.placement IN (SELECT u.placement FROM used u)
          AND NOT EXISTS (SELECT FROM used u WHERE u.placement = p.placement
                                               AND u.enterprise_project_id = p.enterprise_project_id
                                               AND u.resource_az IS NOT DISTINCT FROM p.resource_az)
    )
    INSERT INTO catalog.placements (placement, resource_az, enterprise_project_id)
    SELECT placement, resource_az, enterprise_project_id FROM used
    EXCEPT SELECT placement, resource_az, enterprise_project_id FROM catalog.placements;
END
$$;
REVOKE ALL ON FUNCTION catalog.recount_placements() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.recount_placements() TO catalog_writer;

SELECT catalog.recount_placements();

-- Writes down a pair that was not there: another transaction may have brought it since.
CREATE OR REPLACE FUNCTION catalog.place(of_placement bigint, zone text, enterprise_project text) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    other catalog.placements;
BEGIN
    SELECT p.* INTO other FROM catalog.placements p
    WHERE p.placement = of_placement
      AND (p.resource_az, p.enterprise_project_id) IS DISTINCT FROM (zone, enterprise_project) LIMIT 1;
    IF FOUND THEN
        RAISE 'enterprise project "%" % cannot be told from enterprise project "%" %', enterprise_project,
            coalesce('in zone "' || zone || '"', 'without a zone'), other.enterprise_project_id,
            coalesce('in zone "' || other.resource_az || '"', 'without a zone')
            USING ERRCODE = 'exclusion_violation',
                  DETAIL = 'The catalog knows a pair of both by 44 bits of a hash, which are the same for these two.',
                  HINT = 'One of the enterprise projects, or of the zones, needs another id.';
    END IF;
    INSERT INTO catalog.placements (placement, resource_az, enterprise_project_id)
    VALUES (of_placement, zone, enterprise_project);
END
$$;
REVOKE ALL ON FUNCTION catalog.place(bigint, text, text) FROM PUBLIC;

-- The pair is grouped by, too: two with the same bits are two, also within one statement.
CREATE OR REPLACE FUNCTION catalog.count_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    brought record; -- a pair that is not written down
BEGIN
    IF TG_OP = 'INSERT' THEN
        FOR brought IN WITH counted AS (
            INSERT INTO catalog.count_deltas (project_id, facet, vault_id, week, resource_az, enterprise_project_id, n)
            SELECT project_id, facet, vault_id, CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END,
                   resource_az, enterprise_project_id, count(*)
            FROM new_rows GROUP BY 1, 2, 3, 4, 5, 6
            RETURNING facet >> 20 AS placement, resource_az, enterprise_project_id
        )
        SELECT c.* FROM (SELECT DISTINCT placement, resource_az, enterprise_project_id FROM counted) c
        WHERE NOT EXISTS (SELECT FROM catalog.placements p
                          WHERE p.placement = c.placement AND p.resource_az IS NOT DISTINCT FROM c.resource_az
                            AND p.enterprise_project_id = c.enterprise_project_id OFFSET 0)
        LOOP
            PERFORM catalog.place(brought.placement, brought.resource_az, brought.enterprise_project_id);
        END LOOP;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO catalog.count_deltas (project_id, facet, vault_id, week, resource_az, enterprise_project_id, n)
        SELECT project_id, facet, vault_id, CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END,
               resource_az, enterprise_project_id, -count(*)
        FROM old_rows GROUP BY 1, 2, 3, 4, 5, 6;
    ELSE
        FOR brought IN WITH counted AS (
            INSERT INTO catalog.count_deltas (project_id, facet, vault_id, week, resource_az, enterprise_project_id, n)
            SELECT project_id, facet, vault_id, week, resource_az, enterprise_project_id, sum(n)
            FROM (SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, 1 AS n,
                         CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END AS week FROM new_rows
                  UNION ALL
                  SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, -1,
                         CASE WHEN parent_id IS NULL THEN catalog.week_of(created_at) END FROM old_rows) c
            GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0
            RETURNING facet >> 20 AS placement, resource_az, enterprise_project_id
        )
        SELECT c.* FROM (SELECT DISTINCT placement, resource_az, enterprise_project_id FROM counted) c
        WHERE NOT EXISTS (SELECT FROM catalog.placements p
                          WHERE p.placement = c.placement AND p.resource_az IS NOT DISTINCT FROM c.resource_az
                            AND p.enterprise_project_id = c.enterprise_project_id OFFSET 0)
        LOOP
            PERFORM catalog.place(brought.placement, brought.resource_az, brought.enterprise_project_id);
        END LOOP;
    END IF;
    IF nextval('catalog.fold_turn') % 256 = 0 THEN
        PERFORM catalog.fold_counts();
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION catalog.truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    TRUNCATE catalog.count_deltas, catalog.project_counts, catalog.project_facets, catalog.vault_facets, catalog.zone_facets,
        catalog.zone_placements, catalog.week_facets, catalog.facets_by_bits, catalog.part_facets, catalog.all_weeks,
        catalog.placements;
    INSERT INTO catalog.all_weeks (week, own, bits, ns) VALUES ('-infinity', 0, '{}', '{}');
    RETURN NULL;
END
$$;

COMMIT;
