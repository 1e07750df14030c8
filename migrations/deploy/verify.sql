-- What `backup-catalog verify` needs beyond the tables: who should see which backups of others, and the two ways to put
-- redundant data right, which writers may not touch themselves.
BEGIN;

-- Makes everything that is kept of the given backups, besides what was written, what it must be: generated columns,
-- replication_document, member_states, and the copies in the receivers' lists. Their own rows are locked first, in the
-- order of sync_shares: what a writer that holds them commits is seen by the statements after, and who comes later waits.
CREATE OR REPLACE FUNCTION catalog.repair_backups(ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    PERFORM FROM catalog.backups b WHERE b.id = ANY (ids) AND b.owner_project_id IS NULL
    ORDER BY b.project_id, b.id FOR NO KEY UPDATE;

    -- Copies of what is not there, which sync_shares would have to be told the owner of.
    DELETE FROM catalog.backups s
    WHERE s.id = ANY (ids) AND s.owner_project_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM catalog.backups o
                      WHERE o.project_id = s.owner_project_id AND o.id = s.id AND o.owner_project_id IS NULL);

    -- Generated columns are made anew where a column that they depend on is set, to whatever value. Own rows and copies
    -- have an index by id each.
    UPDATE catalog.backups b SET status = b.status, updated_at = b.updated_at, protected_at = b.protected_at,
        replication_document = catalog.replication_document(b.project_id, b.id)
    WHERE b.id = ANY (ids) AND b.owner_project_id IS NULL;
    UPDATE catalog.backups b SET status = b.status, updated_at = b.updated_at, protected_at = b.protected_at
    WHERE b.id = ANY (ids) AND b.owner_project_id IS NOT NULL;

    PERFORM catalog.sync_shares(array_agg(b.project_id), array_agg(b.id))
    FROM catalog.backups b WHERE b.id = ANY (ids) AND b.owner_project_id IS NULL;
END
$$;

-- Makes the counters of a project anew. One statement, and so one snapshot, counts the rows and takes away the deltas of
-- the transactions whose rows it counts; those of later ones stay. Nobody folds until the transaction ends.
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

REVOKE ALL ON FUNCTION catalog.repair_backups(uuid[]), catalog.recount(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.repair_backups(uuid[]), catalog.recount(text), catalog.shares_of(text[], uuid[])
    TO catalog_writer;

COMMIT;
