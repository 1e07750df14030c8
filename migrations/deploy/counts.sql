-- Counters: how many rows of each facet and vault a project's list has, kept by statement-level triggers.
--
-- Writers only append to count_deltas, so they never wait for one another and never deadlock; now and then a writer
-- folds the deltas into three levels of counters. A total is always counter + deltas, read in one snapshot.
BEGIN;

CREATE TABLE catalog.count_deltas (
    project_id text COLLATE "C" NOT NULL,
    facet bigint NOT NULL,
    vault_id uuid,
    resource_az text COLLATE "C",
    enterprise_project_id text COLLATE "C" NOT NULL,
    n bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX count_deltas_project ON catalog.count_deltas (project_id);

CREATE TABLE catalog.project_counts (
    project_id text COLLATE "C" NOT NULL,
    shared boolean NOT NULL, -- backups of others that are shared with the project, or its own
    n bigint NOT NULL,       -- top-level backups
    PRIMARY KEY (project_id, shared)
) WITH (fillfactor = 50);

CREATE TABLE catalog.facet_counts (
    project_id text COLLATE "C" NOT NULL,
    facet bigint NOT NULL,
    resource_az text COLLATE "C",
    enterprise_project_id text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (project_id, facet)
) WITH (fillfactor = 70);

CREATE TABLE catalog.vault_counts (
    project_id text COLLATE "C" NOT NULL,
    vault_id uuid NOT NULL,
    facet bigint NOT NULL,
    resource_az text COLLATE "C",
    enterprise_project_id text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (project_id, vault_id, facet)
) WITH (fillfactor = 70);

CREATE SEQUENCE catalog.fold_turn CACHE 1;

-- Whoever has locked its one row folds. A row and not an advisory lock, which any role could hold.
CREATE TABLE catalog.fold_lock (only_row boolean PRIMARY KEY CHECK (only_row));
INSERT INTO catalog.fold_lock VALUES (true);

-- Moves the deltas into the counters. One session at a time does it; the others go on.
CREATE FUNCTION catalog.fold_counts() RETURNS void
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

CREATE FUNCTION catalog.count_changes() RETURNS trigger
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
CREATE TRIGGER count_inserted AFTER INSERT ON catalog.backups
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_changes();
CREATE TRIGGER count_updated AFTER UPDATE ON catalog.backups
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_changes();
CREATE TRIGGER count_deleted AFTER DELETE ON catalog.backups
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_changes();

CREATE FUNCTION catalog.truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    TRUNCATE catalog.count_deltas, catalog.project_counts, catalog.facet_counts, catalog.vault_counts;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_truncated AFTER TRUNCATE ON catalog.backups
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.truncated();

COMMIT;
