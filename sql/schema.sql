-- The schema after all migrations, for review; scripts/dump-schema makes it. Not for installation.


CREATE SCHEMA catalog;

CREATE FUNCTION catalog.api_time(moment timestamp with time zone) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
BEGIN
    RETURN to_char(moment AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""');
END
$$;

CREATE FUNCTION catalog.backup_document(id uuid, project_id text, checkpoint_id uuid, resource_id uuid, provider_id uuid, vault_id uuid, parent_id uuid, enterprise_project_id text, name text, description text, status text, image_type text, resource_type text, resource_name text, resource_size integer, resource_az text, created_at timestamp with time zone, updated_at timestamp with time zone, protected_at timestamp with time zone, expired_at timestamp with time zone, incremental boolean, version integer, extend_info json) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
#variable_conflict use_variable
DECLARE
    extension text := extend_info::text;
BEGIN
    RETURN concat('{"id":"', id, '","project_id":', to_json(project_id), ',"name":', to_json(name),
        ',"status":"', status, '","image_type":"', image_type, '","resource_type":"', resource_type,
        '","created_at":', to_char(created_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'),
        ',"updated_at":', coalesce(to_char(updated_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'), 'null'),
        ',"protected_at":', coalesce(to_char(protected_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'), 'null'),
        ',"expired_at":', coalesce(to_char(expired_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'), 'null'),
        ',"checkpoint_id":"', checkpoint_id, '","resource_id":"', resource_id, '","resource_name":', to_json(resource_name),
        ',"resource_size":', resource_size, ',"resource_az":', coalesce(to_json(resource_az)::text, 'null'),
        ',"provider_id":"', provider_id, '","vault_id":', coalesce('"' || vault_id::text || '"', 'null'),
        ',"parent_id":', coalesce('"' || parent_id::text || '"', 'null'),
        ',"enterprise_project_id":', to_json(enterprise_project_id),
        ',"description":', coalesce(to_json(description)::text, 'null'),
        ',"incremental":', coalesce(incremental::text, 'null'), ',"version":', version,
        ',"extend_info":', CASE WHEN incremental IS NULL THEN extension
                                WHEN extension = '{}' THEN '{"incremental":' || incremental::text || '}'
                                ELSE concat('{"incremental":', incremental::text, ',', substr(extension, 2)) END,
        ',"children":[]}');
END
$$;

CREATE FUNCTION catalog.begin_request(project_id text, user_id text, all_tenants boolean) RETURNS text[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    enterprise_projects text[];
BEGIN
    PERFORM set_config('catalog.project_id', project_id, true), set_config('catalog.user_id', user_id, true),
            set_config('catalog.all_tenants', CASE WHEN all_tenants THEN 'on' ELSE 'off' END, true);
    enterprise_projects := (SELECT array_agg(g.enterprise_project_id ORDER BY g.enterprise_project_id)
                            FROM catalog.enterprise_project_grants g WHERE g.user_id = begin_request.user_id);
    PERFORM set_config('catalog.user_without_grants', CASE WHEN enterprise_projects IS NULL THEN user_id ELSE '' END, true);
    RETURN enterprise_projects;
END
$$;

CREATE FUNCTION catalog.count_all_weeks() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
BEGIN
    PERFORM FROM catalog.counter_lock FOR UPDATE;
    IF NOT FOUND THEN
        RAISE 'the counters are being moved by a migration; repeat when it has ended' USING ERRCODE = 'object_in_use';
    END IF;
    DELETE FROM catalog.all_weeks;
    INSERT INTO catalog.all_weeks (week, own, bits, ns)
    SELECT s.week, coalesce(sum(s.n), 0), coalesce(array_agg(s.bits ORDER BY s.bits) FILTER (WHERE s.n <> 0), '{}'),
           coalesce(array_agg(s.n ORDER BY s.bits) FILTER (WHERE s.n <> 0), '{}')
    FROM (SELECT w.week, c.bits, sum(c.n)::bigint AS n
          FROM (SELECT catalog.week_of(b.created_at) AS week, (b.facet & 1048575)::integer AS bits, count(*) AS n
                FROM catalog.backups b WHERE b.parent_id IS NULL AND b.owner_project_id IS NULL GROUP BY 1, 2
                UNION ALL
                SELECT d.week, (d.facet & 1048575)::integer, -d.n FROM catalog.count_deltas d
                WHERE d.facet & 98304 = 0 AND d.week IS NOT NULL
                UNION ALL
                SELECT '-infinity', 0, 0) c
          CROSS JOIN LATERAL (VALUES (c.week), ('-infinity'::timestamptz)) w (week)
          GROUP BY 1, 2) s
    GROUP BY s.week HAVING s.week = '-infinity' OR bool_or(s.n <> 0);
END
$$;

CREATE FUNCTION catalog.count_by_week(of_project text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
BEGIN
    PERFORM FROM catalog.counter_lock FOR UPDATE;
    IF NOT FOUND THEN
        RAISE 'the counters are being moved by a migration; repeat when it has ended' USING ERRCODE = 'object_in_use';
    END IF;
    DELETE FROM catalog.week_facets WHERE project_id = of_project;
    DELETE FROM catalog.part_facets WHERE project_id = of_project;
    WITH counted AS MATERIALIZED (
        SELECT c.week, c.vault_id, c.bits, sum(c.n)::bigint AS n
        FROM (SELECT catalog.week_of(b.created_at) AS week, b.vault_id, (b.facet & 1048575)::integer AS bits, count(*) AS n
              FROM catalog.backups b WHERE b.project_id = of_project AND b.parent_id IS NULL GROUP BY 1, 2, 3
              UNION ALL
              SELECT d.week, d.vault_id, (d.facet & 1048575)::integer, -d.n FROM catalog.count_deltas d
              WHERE d.project_id = of_project AND d.facet & 65536 = 0) c
        GROUP BY 1, 2, 3 HAVING sum(c.n) <> 0
    ), to_vaults AS (
        INSERT INTO catalog.part_facets (project_id, part, bits, ns)
        SELECT of_project, catalog.vault_week(c.vault_id, c.week), array_agg(c.bits ORDER BY c.bits),
               array_agg(c.n ORDER BY c.bits)
        FROM counted c WHERE c.vault_id IS NOT NULL GROUP BY 2
    )
    INSERT INTO catalog.week_facets (project_id, week, own, shared, bits, ns, firsts, lasts)
    SELECT of_project, s.week, coalesce(sum(s.n) FILTER (WHERE s.bits & 32768 = 0), 0),
           coalesce(sum(s.n) FILTER (WHERE s.bits & 32768 <> 0), 0), array_agg(s.bits ORDER BY s.bits),
           array_agg(s.n ORDER BY s.bits), CASE WHEN s.week = '-infinity' THEN array_agg(s.first ORDER BY s.bits) END,
           CASE WHEN s.week = '-infinity' THEN array_agg(s.last ORDER BY s.bits) END
    FROM (SELECT w.week, c.bits, sum(c.n)::bigint AS n, min(c.week) AS first, max(c.week) AS last
          FROM counted c CROSS JOIN LATERAL (VALUES (c.week), ('-infinity'::timestamptz)) w (week)
          GROUP BY 1, 2 HAVING sum(c.n) <> 0) s
    GROUP BY s.week;
    DELETE FROM catalog.facets_by_bits WHERE project_id = of_project;
    INSERT INTO catalog.facets_by_bits (project_id, bits, facet, resource_az)
    SELECT of_project, (f.facet & 1048575)::integer, f.facet, f.resource_az
    FROM (SELECT facet, resource_az FROM catalog.facet_counts WHERE project_id = of_project
          UNION SELECT facet, resource_az FROM catalog.count_deltas WHERE project_id = of_project) f
    WHERE f.facet & 65536 = 0;
    INSERT INTO catalog.part_facets (project_id, part, bits, ns)
    SELECT of_project, s.part, array_agg(s.bits ORDER BY s.bits), array_agg(s.n ORDER BY s.bits)
    FROM (SELECT c.part, (c.facet & 1048575)::integer AS bits, sum(c.n)::bigint AS n
          FROM (SELECT 'vault ' || vault_id AS part, facet, n FROM catalog.vault_counts WHERE project_id = of_project
                UNION ALL
                SELECT 'zone ' || resource_az, facet, n FROM catalog.facet_counts
                WHERE project_id = of_project AND resource_az IS NOT NULL) c
          WHERE c.facet & 65536 = 0
          GROUP BY 1, 2) s
    GROUP BY s.part;
    UPDATE catalog.project_counts SET by_week = true, by_part = true, vaults_by_week = true
    WHERE project_id = of_project;
END
$$;

CREATE FUNCTION catalog.count_changes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION catalog.counted_by_week_from() RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 20000;

CREATE FUNCTION catalog.facet(status text, image_type text, resource_type text, dedicated_cloud boolean, incremental boolean, no_updated_at boolean, no_protected_at boolean, member_states smallint, shared boolean, child boolean, resource_az text, enterprise_project_id text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((((((((((hashtextextended(enterprise_project_id, COALESCE(hashtextextended(resource_az, (0)::bigint), (0)::bigint)) << 20) | (CASE status WHEN 'available'::text THEN 0 WHEN 'deleting'::text THEN 1 WHEN 'error'::text THEN 2 WHEN 'protecting'::text THEN 3 WHEN 'restoring'::text THEN 4 WHEN 'waiting_delete'::text THEN 5 WHEN 'waiting_protect'::text THEN 6 ELSE 7 END)::bigint) | (CASE image_type WHEN 'backup'::text THEN 0 ELSE 8 END)::bigint) | (CASE resource_type WHEN 'OS::Cinder::Volume'::text THEN 0 WHEN 'OS::Nova::Server'::text THEN 16 WHEN 'OS::Sfs::Turbo'::text THEN 32 WHEN 'OS::Workspace::DesktopV2'::text THEN 48 WHEN 'OS::Ironic::BareMetalServer'::text THEN 64 ELSE 80 END)::bigint) | (CASE WHEN dedicated_cloud THEN 128 ELSE 0 END)::bigint) | (CASE incremental WHEN false THEN 256 WHEN true THEN 512 ELSE 0 END)::bigint) | (CASE WHEN no_updated_at THEN 1024 ELSE 0 END)::bigint) | (CASE WHEN no_protected_at THEN 2048 ELSE 0 END)::bigint) | ((member_states)::bigint << 12)) | (CASE WHEN shared THEN 32768 ELSE 0 END)::bigint) | (CASE WHEN child THEN 65536 ELSE 0 END)::bigint);

CREATE FUNCTION catalog.fold_counts() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
DECLARE
    projects text[];
    part_projects text[]; -- of the parts that became empty
    parts text[];
    grown text;
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
    ), by_week AS MATERIALIZED (
        SELECT m.project_id, w.week, (m.facet & 1048575)::integer AS bits, sum(m.n)::bigint AS n, min(m.week) AS first,
               max(m.week) AS last
        FROM moved m CROSS JOIN LATERAL (VALUES (m.week), ('-infinity'::timestamptz)) w (week)
        WHERE m.facet & 65536 = 0 AND w.week IS NOT NULL
          AND m.project_id IN (SELECT c.project_id FROM catalog.project_counts c WHERE c.by_week)
        GROUP BY 1, 2, 3
    ), to_weeks AS (
        INSERT INTO catalog.week_facets AS c (project_id, week, own, shared, bits, ns, firsts, lasts)
        SELECT project_id, week, coalesce(sum(n) FILTER (WHERE bits & 32768 = 0), 0),
               coalesce(sum(n) FILTER (WHERE bits & 32768 <> 0), 0),
               coalesce(array_agg(bits ORDER BY bits) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY bits) FILTER (WHERE n <> 0), '{}'),
               CASE WHEN week = '-infinity' THEN array_agg(first ORDER BY bits) FILTER (WHERE n <> 0) END,
               CASE WHEN week = '-infinity' THEN array_agg(last ORDER BY bits) FILTER (WHERE n <> 0) END
        FROM (SELECT project_id, week, bits, sum(n)::bigint AS n, min(first) AS first, max(last) AS last
              FROM (SELECT * FROM by_week
                    UNION ALL
                    SELECT t.project_id, t.week, old.*
                    FROM (SELECT DISTINCT project_id, week FROM by_week) t
                    CROSS JOIN LATERAL (SELECT u.* FROM catalog.week_facets p,
                                               unnest(p.bits, p.ns, p.firsts, p.lasts) u (bits, n, first, last)
                                        WHERE p.project_id = t.project_id AND p.week = t.week OFFSET 0) old) every
              GROUP BY 1, 2, 3) summed
        GROUP BY 1, 2
        ON CONFLICT (project_id, week) DO UPDATE SET own = excluded.own, shared = excluded.shared, bits = excluded.bits,
            ns = excluded.ns, firsts = excluded.firsts, lasts = excluded.lasts
    ), by_part AS MATERIALIZED (
        SELECT m.project_id, p.part, (m.facet & 1048575)::integer AS bits, sum(m.n)::bigint AS n
        FROM moved m CROSS JOIN LATERAL (VALUES ('vault ' || m.vault_id), ('zone ' || m.resource_az),
                                                        (catalog.vault_week(m.vault_id, m.week))) p (part)
        WHERE m.facet & 65536 = 0 AND p.part IS NOT NULL
          AND m.project_id IN (SELECT c.project_id FROM catalog.project_counts c WHERE c.by_part)
        GROUP BY 1, 2, 3 HAVING sum(m.n) <> 0
    ), to_parts AS (
        INSERT INTO catalog.part_facets AS c (project_id, part, bits, ns)
        SELECT project_id, part, coalesce(array_agg(bits ORDER BY bits) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY bits) FILTER (WHERE n <> 0), '{}')
        FROM (SELECT project_id, part, bits, sum(n)::bigint AS n
              FROM (SELECT * FROM by_part
                    UNION ALL
                    SELECT t.project_id, t.part, old.bits, old.n
                    FROM (SELECT DISTINCT project_id, part FROM by_part) t
                    CROSS JOIN LATERAL (SELECT u.* FROM catalog.part_facets p, unnest(p.bits, p.ns) u (bits, n)
                                        WHERE p.project_id = t.project_id AND p.part = t.part OFFSET 0) old) every
              GROUP BY 1, 2, 3) summed
        GROUP BY 1, 2
        ON CONFLICT (project_id, part) DO UPDATE SET bits = excluded.bits, ns = excluded.ns
        RETURNING c.project_id, CASE WHEN c.bits = '{}' THEN c.part END AS part
    ), to_all_weeks AS (
        INSERT INTO catalog.all_weeks AS c (week, own, bits, ns)
        SELECT week, coalesce(sum(n), 0), coalesce(array_agg(bits ORDER BY bits) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY bits) FILTER (WHERE n <> 0), '{}')
        FROM (SELECT week, bits, sum(n)::bigint AS n
              FROM (SELECT w.week, (m.facet & 1048575)::integer AS bits, m.n
                    FROM moved m CROSS JOIN LATERAL (VALUES (m.week), ('-infinity'::timestamptz)) w (week)
                    WHERE m.facet & 98304 = 0 AND m.week IS NOT NULL
                      AND EXISTS (SELECT FROM catalog.all_weeks WHERE week = '-infinity')
                    UNION ALL
                    SELECT a.week, u.bits, u.n FROM catalog.all_weeks a, unnest(a.bits, a.ns) u (bits, n)
                    WHERE a.week IN (SELECT m.week FROM moved m)
                       OR a.week = '-infinity' AND EXISTS (SELECT FROM moved)) every
              GROUP BY 1, 2) summed
        GROUP BY 1
        ON CONFLICT (week) DO UPDATE SET own = excluded.own, bits = excluded.bits, ns = excluded.ns
    ), to_bits AS (
        INSERT INTO catalog.facets_by_bits (project_id, bits, facet, resource_az)
        SELECT DISTINCT m.project_id, (m.facet & 1048575)::integer, m.facet, m.resource_az FROM moved m
        WHERE m.facet & 65536 = 0 AND m.project_id IN (SELECT c.project_id FROM catalog.project_counts c WHERE c.by_week)
        ON CONFLICT DO NOTHING
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
    SELECT (SELECT array_agg(DISTINCT m.project_id) FROM moved m), (SELECT array_agg(p.project_id ORDER BY p.part) FROM to_parts p WHERE p.part IS NOT NULL),
           (SELECT array_agg(p.part ORDER BY p.part) FROM to_parts p WHERE p.part IS NOT NULL) INTO projects, part_projects, parts;
    DELETE FROM catalog.project_facets WHERE project_id = ANY (projects) AND facets = '{}';
    DELETE FROM catalog.vault_facets WHERE project_id = ANY (projects) AND facets = '{}';
    DELETE FROM catalog.week_facets WHERE project_id = ANY (projects) AND bits = '{}';
    DELETE FROM catalog.part_facets p USING unnest(part_projects, parts) AS t (project_id, part)
    WHERE p.project_id = t.project_id AND p.part = t.part AND p.bits = '{}';
    DELETE FROM catalog.all_weeks WHERE bits = '{}' AND week > '-infinity';
    FOR grown IN SELECT c.project_id FROM catalog.project_counts c WHERE c.project_id = ANY (projects)
                 GROUP BY 1 HAVING sum(c.n) >= catalog.counted_by_week_from() AND NOT bool_or(c.by_week)
    LOOP
        PERFORM catalog.count_by_week(grown);
    END LOOP;
END
$$;

CREATE FUNCTION catalog.granted_enterprise_projects() RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
DECLARE
    caller_user text := current_setting('catalog.user_id', true);
BEGIN
    IF coalesce(caller_user, '') = '' THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT array_agg(g.enterprise_project_id) FROM catalog.enterprise_project_grants g WHERE g.user_id = caller_user);
END
$$;

CREATE FUNCTION catalog.granted_placements() RETURNS bigint[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
DECLARE
    caller_user text := current_setting('catalog.user_id', true);
    caller_project text := current_setting('catalog.project_id', true);
    any_project boolean := coalesce(current_setting('catalog.all_tenants', true), '') = 'on';
BEGIN
    IF coalesce(caller_user, '') = '' THEN
        RETURN '{}';
    END IF;
    IF NOT EXISTS (SELECT FROM catalog.enterprise_project_grants g WHERE g.user_id = caller_user) THEN
        RETURN NULL;
    END IF;
    IF any_project THEN
        RETURN ARRAY(SELECT unnest(p.facets) >> 20 FROM catalog.project_facets p JOIN catalog.enterprise_project_grants g
                         ON g.user_id = caller_user AND g.enterprise_project_id = p.enterprise_project_id
                     UNION
                     SELECT c.facet >> 20 FROM catalog.count_deltas c JOIN catalog.enterprise_project_grants g
                         ON g.user_id = caller_user AND g.enterprise_project_id = c.enterprise_project_id);
    END IF;
    RETURN ARRAY(SELECT unnest(p.facets) >> 20 FROM catalog.project_facets p JOIN catalog.enterprise_project_grants g
                     ON g.user_id = caller_user AND g.enterprise_project_id = p.enterprise_project_id
                 WHERE p.project_id = caller_project
                 UNION
                 SELECT c.facet >> 20 FROM catalog.count_deltas c JOIN catalog.enterprise_project_grants g
                     ON g.user_id = caller_user AND g.enterprise_project_id = c.enterprise_project_id
                 WHERE c.project_id = caller_project);
END
$$;

CREATE FUNCTION catalog.is_extend_info(value json) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((((value)::text = '{}'::text) OR starts_with((value)::text, '{"'::text)) AND (strpos((value)::text, '
'::text) = 0) AND (strpos((value)::text, ''::text) = 0) AND CASE WHEN ((strpos((value)::text, '"incremental"'::text) = 0) AND (strpos((value)::text, '\u'::text) = 0)) THEN true ELSE ((value -> 'incremental'::text) IS NULL) END);

CREATE FUNCTION catalog.is_project_id(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((length(value) >= 1) AND (length(value) <= 64)) AND (ltrim(value, '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-'::text) = ''::text));

CREATE FUNCTION catalog.member_state(status text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE status WHEN 'pending'::text THEN 1 WHEN 'accepted'::text THEN 2 WHEN 'rejected'::text THEN 4 ELSE NULL::integer END;

CREATE FUNCTION catalog.members_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
DECLARE
    owners text[];
    ids uuid[];
BEGIN
    SELECT array_agg(c.project_id), array_agg(c.backup_id) INTO owners, ids
    FROM (SELECT DISTINCT project_id, backup_id FROM changed) c;
    IF owners IS NOT NULL THEN
        IF TG_NAME IN ('inserted', 'updated_new') THEN
            PERFORM catalog.refuse_shares(owners, ids, TG_TABLE_NAME);
        END IF;
        PERFORM catalog.sync_shares(owners, ids);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog.mend_estimates() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = 'catalog.backups'::regclass AND relpages > 0 AND reltuples = 0) THEN
        -- Waits for nobody: who holds the lock may wait for this transaction (CREATE INDEX CONCURRENTLY).
        ANALYZE (SKIP_LOCKED) catalog.backups (project_id, id, parent_id);
    END IF;
END
$$;

CREATE FUNCTION catalog.permitted_enterprise_projects() RETURNS text[]
    LANGUAGE sql STABLE
    RETURN CASE WHEN (current_setting('catalog.user_without_grants'::text, true) = NULLIF(current_setting('catalog.user_id'::text, true), ''::text)) THEN NULL::text[] ELSE catalog.granted_enterprise_projects() END;

CREATE FUNCTION catalog.permitted_placements() RETURNS bigint[]
    LANGUAGE sql STABLE
    RETURN CASE WHEN (current_setting('catalog.user_without_grants'::text, true) = NULLIF(current_setting('catalog.user_id'::text, true), ''::text)) THEN NULL::bigint[] ELSE catalog.granted_placements() END;

CREATE FUNCTION catalog.place(of_placement bigint, zone text, enterprise_project text) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION catalog.placement_of(zone text, enterprise_project text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (catalog.facet('available'::text, 'backup'::text, 'OS::Cinder::Volume'::text, false, NULL::boolean, false, false, (0)::smallint, false, false, zone, enterprise_project) >> 20);

CREATE FUNCTION catalog.recount(of_project text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
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
        DELETE FROM catalog.count_deltas d WHERE d.project_id = of_project RETURNING d.*
    ), to_all_weeks AS (
        INSERT INTO catalog.all_weeks AS c (week, own, bits, ns)
        SELECT week, coalesce(sum(n), 0), coalesce(array_agg(bits ORDER BY bits) FILTER (WHERE n <> 0), '{}'),
               coalesce(array_agg(n ORDER BY bits) FILTER (WHERE n <> 0), '{}')
        FROM (SELECT week, bits, sum(n)::bigint AS n
              FROM (SELECT w.week, (m.facet & 1048575)::integer AS bits, m.n
                    FROM no_deltas m CROSS JOIN LATERAL (VALUES (m.week), ('-infinity'::timestamptz)) w (week)
                    WHERE m.facet & 98304 = 0 AND m.week IS NOT NULL
                      AND EXISTS (SELECT FROM catalog.all_weeks WHERE week = '-infinity')
                    UNION ALL
                    SELECT a.week, u.bits, u.n FROM catalog.all_weeks a, unnest(a.bits, a.ns) u (bits, n)
                    WHERE a.week IN (SELECT m.week FROM no_deltas m)
                       OR a.week = '-infinity' AND EXISTS (SELECT FROM no_deltas)) every
              GROUP BY 1, 2) summed
        GROUP BY 1
        ON CONFLICT (week) DO UPDATE SET own = excluded.own, bits = excluded.bits, ns = excluded.ns
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
        ON CONFLICT (project_id, shared) DO UPDATE SET n = excluded.n, by_week = false, by_part = false,
            vaults_by_week = false
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
    IF (SELECT sum(c.n) FROM catalog.project_counts c WHERE c.project_id = of_project) >= catalog.counted_by_week_from() THEN
        PERFORM catalog.count_by_week(of_project);
    ELSE
        DELETE FROM catalog.week_facets WHERE project_id = of_project;
        DELETE FROM catalog.facets_by_bits WHERE project_id = of_project;
        DELETE FROM catalog.part_facets WHERE project_id = of_project;
    END IF;
    PERFORM catalog.recount_zones();
END
$$;

CREATE FUNCTION catalog.recount_placements() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION catalog.recount_zones() RETURNS void
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

CREATE FUNCTION catalog.refuse_shares(owners text[], ids uuid[], records text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    share record;
BEGIN
    SELECT b.project_id, b.id, b.owner_project_id INTO share
    FROM unnest(owners, ids) AS t (owner, id)
    CROSS JOIN LATERAL (SELECT s.project_id, s.id, s.owner_project_id FROM catalog.backups s
                        WHERE s.project_id = t.owner AND s.id = t.id AND s.owner_project_id IS NOT NULL OFFSET 0) b
    LIMIT 1;
    IF FOUND THEN
        RAISE '%: backup % is shared with project "%" and belongs to project "%"', records, share.id, share.project_id,
            share.owner_project_id USING ERRCODE = 'foreign_key_violation',
                                         HINT = 'Its records are written with the project that it belongs to.';
    END IF;
END
$$;

CREATE FUNCTION catalog.refuse_truncation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM catalog.backups) THEN
        RAISE 'catalog.% is truncated together with catalog.backups only', TG_TABLE_NAME
            USING ERRCODE = 'feature_not_supported', HINT = 'DELETE removes its rows, TRUNCATE catalog.backups CASCADE all of both.';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog.repair_backups(ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION catalog.replication_item(id uuid, status text, created_at timestamp with time zone, vault_id text, source_backup_id text, source_checkpoint_id text, source_project_id text, source_region text, destination_backup_id text, destination_checkpoint_id text, destination_project_id text, destination_region text, destination_vault_id text, extra_info json) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (((((((((((((((((((((((((((('{"id":"'::text || (id)::text) || '","status":'::text) || COALESCE((('"'::text || status) || '"'::text), 'null'::text)) || ',"created_at":'::text) || COALESCE(catalog.api_time(created_at), 'null'::text)) || ',"vault_id":'::text) || COALESCE((to_json(vault_id))::text, 'null'::text)) || ',"source_backup_id":'::text) || COALESCE((to_json(source_backup_id))::text, 'null'::text)) || ',"source_checkpoint_id":'::text) || COALESCE((to_json(source_checkpoint_id))::text, 'null'::text)) || ',"source_project_id":'::text) || COALESCE((to_json(source_project_id))::text, 'null'::text)) || ',"source_region":'::text) || COALESCE((to_json(source_region))::text, 'null'::text)) || ',"destination_backup_id":'::text) || COALESCE((to_json(destination_backup_id))::text, 'null'::text)) || ',"destination_checkpoint_id":'::text) || COALESCE((to_json(destination_checkpoint_id))::text, 'null'::text)) || ',"destination_project_id":'::text) || COALESCE((to_json(destination_project_id))::text, 'null'::text)) || ',"destination_region":'::text) || COALESCE((to_json(destination_region))::text, 'null'::text)) || ',"destination_vault_id":'::text) || COALESCE((to_json(destination_vault_id))::text, 'null'::text)) || ',"extra_info":'::text) || COALESCE(btrim(translate((extra_info)::text, '
	'::text, '   '::text)), 'null'::text)) || '}'::text);

CREATE TABLE catalog.replication_records (
    project_id text NOT NULL COLLATE pg_catalog."C",
    backup_id uuid NOT NULL,
    "position" integer NOT NULL,
    id uuid NOT NULL,
    status text COLLATE pg_catalog."C",
    created_at timestamp with time zone,
    vault_id text COLLATE pg_catalog."C",
    source_backup_id text COLLATE pg_catalog."C",
    source_checkpoint_id text COLLATE pg_catalog."C",
    source_project_id text COLLATE pg_catalog."C",
    source_region text COLLATE pg_catalog."C",
    destination_backup_id text COLLATE pg_catalog."C",
    destination_checkpoint_id text COLLATE pg_catalog."C",
    destination_project_id text COLLATE pg_catalog."C",
    destination_region text COLLATE pg_catalog."C",
    destination_vault_id text COLLATE pg_catalog."C",
    extra_info json,
    CONSTRAINT replication_records_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT replication_records_destination_backup_id_check CHECK ((length(destination_backup_id) <= 255)),
    CONSTRAINT replication_records_destination_checkpoint_id_check CHECK ((length(destination_checkpoint_id) <= 255)),
    CONSTRAINT replication_records_destination_project_id_check CHECK ((length(destination_project_id) <= 255)),
    CONSTRAINT replication_records_destination_region_check CHECK ((length(destination_region) <= 255)),
    CONSTRAINT replication_records_destination_vault_id_check CHECK ((length(destination_vault_id) <= 255)),
    CONSTRAINT replication_records_extra_info_check CHECK ((json_typeof(extra_info) = 'object'::text)),
    CONSTRAINT replication_records_position_check CHECK (("position" >= 0)),
    CONSTRAINT replication_records_source_backup_id_check CHECK ((length(source_backup_id) <= 255)),
    CONSTRAINT replication_records_source_checkpoint_id_check CHECK ((length(source_checkpoint_id) <= 255)),
    CONSTRAINT replication_records_source_project_id_check CHECK ((length(source_project_id) <= 255)),
    CONSTRAINT replication_records_source_region_check CHECK ((length(source_region) <= 255)),
    CONSTRAINT replication_records_status_check CHECK ((status = ANY (ARRAY['replicating'::text, 'success'::text, 'fail'::text, 'skip'::text, 'waiting_replicate'::text]))),
    CONSTRAINT replication_records_vault_id_check CHECK ((length(vault_id) <= 255))
);

CREATE FUNCTION catalog.replication_document(of_project text, of_backup uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT (('['::text || string_agg(catalog.replication_item(r.id, r.status, r.created_at, r.vault_id, r.source_backup_id, r.source_checkpoint_id, r.source_project_id, r.source_region, r.destination_backup_id, r.destination_checkpoint_id, r.destination_project_id, r.destination_region, r.destination_vault_id, r.extra_info), ','::text ORDER BY r."position")) || ']'::text) FROM catalog.replication_records r WHERE ((r.project_id = replication_document.of_project) AND (r.backup_id = replication_document.of_backup)));

CREATE FUNCTION catalog.replication_records_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $_$
DECLARE
    owners text[];
    ids uuid[];
BEGIN
    -- Locked in one order for all sessions; what the one before committed is seen by the next statement.
    SELECT array_agg(c.project_id), array_agg(c.backup_id) INTO owners, ids
    FROM (SELECT DISTINCT project_id, backup_id FROM changed ORDER BY project_id, backup_id) c
    CROSS JOIN LATERAL (SELECT FROM catalog.backups b
                        WHERE b.project_id = c.project_id AND b.id = c.backup_id OFFSET 0 FOR NO KEY UPDATE) locked;
    IF owners IS NOT NULL THEN
        IF TG_NAME IN ('inserted', 'updated_new') THEN
            PERFORM catalog.refuse_shares(owners, ids, TG_TABLE_NAME);
        END IF;
        EXECUTE $update$
            UPDATE catalog.backups b SET replication_document = d.document
            FROM (SELECT t.project_id, t.id, catalog.replication_document(t.project_id, t.id) AS document
                  FROM unnest($1, $2) t (project_id, id) OFFSET 0) d
            WHERE b.project_id = d.project_id AND b.id = d.id AND b.owner_project_id IS NULL
              AND b.replication_document IS DISTINCT FROM d.document
        $update$ USING owners, ids;
    END IF;
    RETURN NULL;
END
$_$;

CREATE FUNCTION catalog.schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;

CREATE FUNCTION catalog.shared_backups_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
DECLARE
    owners text[];
    ids uuid[];
BEGIN
    -- Replication records may be there before their backup: they have made no document then.
    IF TG_NAME IN ('shares_inserted', 'shares_updated_new') THEN
        SELECT array_agg(c.project_id), array_agg(c.id) INTO owners, ids
        FROM changed c
        WHERE c.replication_document IS NULL AND c.owner_project_id IS NULL
          AND EXISTS (SELECT FROM catalog.replication_records r
                      WHERE r.project_id = c.project_id AND r.backup_id = c.id OFFSET 0);
        IF owners IS NOT NULL THEN
            UPDATE catalog.backups b SET replication_document = catalog.replication_document(b.project_id, b.id)
            FROM unnest(owners, ids) AS t (owner, id)
            WHERE b.project_id = t.owner AND b.id = t.id AND b.owner_project_id IS NULL AND b.replication_document IS NULL;
        END IF;
    END IF;

    -- A session that shares the parent meanwhile would not see the child, nor this one the member record: take turns.
    -- (What this transaction made itself nobody else can share yet.)
    PERFORM FROM (SELECT DISTINCT c.project_id, c.parent_id FROM changed c
                  WHERE c.parent_id IS NOT NULL AND c.owner_project_id IS NULL
                  ORDER BY c.project_id, c.parent_id) t
    CROSS JOIN LATERAL (SELECT FROM catalog.backups b
                        WHERE b.project_id = t.project_id AND b.id = t.parent_id AND b.owner_project_id IS NULL
                          AND b.xmin <> pg_current_xact_id()::xid
                        FOR SHARE) locked;

    SELECT array_agg(c.project_id), array_agg(c.id) INTO owners, ids
    FROM changed c
    WHERE c.owner_project_id IS NULL
      AND (EXISTS (SELECT FROM catalog.members m WHERE m.project_id = c.project_id AND m.backup_id = c.id)
           OR c.parent_id IS NOT NULL
              AND EXISTS (SELECT FROM catalog.members m WHERE m.project_id = c.project_id AND m.backup_id = c.parent_id)
           OR TG_OP <> 'INSERT'
              AND EXISTS (SELECT FROM catalog.backups s WHERE s.id = c.id AND s.owner_project_id = c.project_id));
    IF owners IS NOT NULL THEN
        PERFORM catalog.sync_shares(owners, ids);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog.shares_of(owners text[], ids uuid[]) RETURNS TABLE(owner_project_id text, backup_id uuid, dest_project_id text, inherited boolean, member_states smallint, vault_id uuid)
    LANGUAGE sql STABLE
    AS $$
    SELECT t.owner, t.id, m.dest_project_id, false, bit_or(catalog.member_state(m.status)),
           (array_agg(m.vault_id ORDER BY m.updated_at DESC NULLS LAST, m.id) FILTER (WHERE m.status = 'accepted'))[1]
    FROM unnest(owners, ids) AS t (owner, id)
    CROSS JOIN LATERAL (SELECT r.* FROM catalog.members r WHERE r.project_id = t.owner AND r.backup_id = t.id OFFSET 0) m
    WHERE m.dest_project_id <> t.owner
    GROUP BY t.owner, t.id, m.dest_project_id
    UNION ALL
    SELECT t.owner, t.id, m.dest_project_id, true, 0::smallint,
           (array_agg(m.vault_id ORDER BY m.updated_at DESC NULLS LAST, m.id) FILTER (WHERE m.status = 'accepted'))[1]
    FROM unnest(owners, ids) AS t (owner, id)
    CROSS JOIN LATERAL (SELECT b.parent_id FROM catalog.backups b
                        WHERE b.project_id = t.owner AND b.id = t.id AND b.owner_project_id IS NULL OFFSET 0) c
    CROSS JOIN LATERAL (SELECT r.* FROM catalog.members r
                        WHERE r.project_id = t.owner AND r.backup_id = c.parent_id OFFSET 0) m
    WHERE m.dest_project_id <> t.owner
      AND NOT EXISTS (SELECT FROM catalog.members own WHERE own.project_id = t.owner AND own.backup_id = t.id
                      AND own.dest_project_id = m.dest_project_id OFFSET 0)
    GROUP BY t.owner, t.id, m.dest_project_id
$$;

CREATE FUNCTION catalog.sync_shares(owners text[], ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    SET enable_hashjoin TO 'on'
    AS $$
DECLARE
    all_owners text[];
    all_ids uuid[];
BEGIN
    -- A lock lets a transaction of a stricter level go on with the snapshot that it has, which may lack member records
    -- and children that others have committed since.
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE 'a shared backup, its children and its member records are written in READ COMMITTED only'
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED, or default_transaction_isolation of the role.';
    END IF;

    PERFORM FROM (SELECT DISTINCT owner, id FROM unnest(owners, ids) AS given (owner, id) ORDER BY owner, id) t
    CROSS JOIN LATERAL (SELECT FROM catalog.backups b
                        WHERE b.project_id = t.owner AND b.id = t.id AND b.owner_project_id IS NULL
                        FOR NO KEY UPDATE) locked;

    SELECT array_agg(t.owner), array_agg(t.id) INTO all_owners, all_ids
    FROM (SELECT owner, id FROM unnest(owners, ids) AS given (owner, id)
          UNION
          SELECT given.owner, child.id FROM unnest(owners, ids) AS given (owner, id)
          CROSS JOIN LATERAL (SELECT c.id FROM catalog.backups c -- a look-up each, whatever the planner knows of the table
                              WHERE c.project_id = given.owner AND c.parent_id = given.id AND c.owner_project_id IS NULL
                              OFFSET 0) child) t;

    UPDATE catalog.backups b SET member_states = want.states
    FROM (SELECT t.owner, t.id, m.states
          FROM unnest(all_owners, all_ids) AS t (owner, id)
          CROSS JOIN LATERAL (SELECT coalesce(bit_or(catalog.member_state(r.status)), 0::smallint) AS states
                              FROM catalog.members r WHERE r.project_id = t.owner AND r.backup_id = t.id) m
          CROSS JOIN LATERAL (SELECT o.member_states FROM catalog.backups o
                              WHERE o.project_id = t.owner AND o.id = t.id AND o.owner_project_id IS NULL OFFSET 0) has
          WHERE has.member_states <> m.states) want
    WHERE b.project_id = want.owner AND b.id = want.id AND b.owner_project_id IS NULL AND b.member_states <> want.states;

    WITH wanted AS MATERIALIZED (
        SELECT v.dest_project_id, v.backup_id
        FROM catalog.shares_of(all_owners, all_ids) v
        CROSS JOIN LATERAL (SELECT FROM catalog.backups o
                            WHERE o.project_id = v.owner_project_id AND o.id = v.backup_id AND o.owner_project_id IS NULL OFFSET 0) b
    )
    DELETE FROM catalog.backups s USING unnest(all_owners, all_ids) AS t (owner, id)
    WHERE s.id = t.id AND s.owner_project_id = t.owner
      AND (s.project_id, s.id) NOT IN (SELECT w.dest_project_id, w.backup_id FROM wanted w);

    INSERT INTO catalog.backups AS s (project_id, id, owner_project_id, inherited, member_states, vault_id,
        checkpoint_id, resource_id, provider_id, parent_id, enterprise_project_id, name, description, status, image_type,
        resource_type, resource_name, resource_size, resource_az, dedicated_cloud, created_at, updated_at, protected_at,
        expired_at, incremental, version, extend_info, replication_document)
    SELECT v.dest_project_id, b.id, b.project_id, v.inherited, v.member_states, v.vault_id,
        b.checkpoint_id, b.resource_id, b.provider_id, b.parent_id, b.enterprise_project_id, b.name, b.description, b.status,
        b.image_type, b.resource_type, b.resource_name, b.resource_size, b.resource_az, b.dedicated_cloud, b.created_at,
        b.updated_at, b.protected_at, b.expired_at, b.incremental, b.version, b.extend_info, b.replication_document
    FROM catalog.shares_of(all_owners, all_ids) v
    CROSS JOIN LATERAL (SELECT o.* FROM catalog.backups o
                        WHERE o.project_id = v.owner_project_id AND o.id = v.backup_id AND o.owner_project_id IS NULL OFFSET 0) b
    ORDER BY v.dest_project_id, b.id
    ON CONFLICT (project_id, id) DO UPDATE SET inherited = excluded.inherited,
        member_states = excluded.member_states, vault_id = excluded.vault_id, checkpoint_id = excluded.checkpoint_id,
        resource_id = excluded.resource_id, provider_id = excluded.provider_id, parent_id = excluded.parent_id,
        enterprise_project_id = excluded.enterprise_project_id, name = excluded.name, description = excluded.description,
        status = excluded.status, image_type = excluded.image_type, resource_type = excluded.resource_type,
        resource_name = excluded.resource_name, resource_size = excluded.resource_size, resource_az = excluded.resource_az,
        dedicated_cloud = excluded.dedicated_cloud, created_at = excluded.created_at, updated_at = excluded.updated_at,
        protected_at = excluded.protected_at, expired_at = excluded.expired_at, incremental = excluded.incremental,
        version = excluded.version, extend_info = excluded.extend_info, replication_document = excluded.replication_document
    WHERE (s.facet, s.inherited, s.document, s.replication_document, s.dedicated_cloud)
        IS DISTINCT FROM (excluded.facet, excluded.inherited, excluded.document, excluded.replication_document,
                          excluded.dedicated_cloud);
END
$$;

CREATE FUNCTION catalog.truncated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    AS $$
BEGIN
    TRUNCATE catalog.count_deltas, catalog.project_counts, catalog.project_facets, catalog.vault_facets, catalog.zone_facets,
        catalog.zone_placements, catalog.week_facets, catalog.facets_by_bits, catalog.part_facets, catalog.all_weeks,
        catalog.placements;
    INSERT INTO catalog.all_weeks (week, own, bits, ns) VALUES ('-infinity', 0, '{}', '{}');
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog.vault_week(vault_id uuid, week timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ((('vault '::text || vault_id) || ' '::text) || to_char((week AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD'::text));

CREATE FUNCTION catalog.week_of(moment timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN date_bin('168:00:00'::interval, moment, '0001-01-01 00:00:00+00'::timestamp with time zone);

CREATE TABLE catalog.all_weeks (
    week timestamp with time zone NOT NULL,
    own bigint NOT NULL,
    bits integer[] NOT NULL,
    ns bigint[] NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

CREATE VIEW catalog.all_week_counts WITH (security_invoker='true') AS
 SELECT w.week,
    (unnest(w.bits))::bigint AS facet,
    unnest(w.ns) AS n
   FROM catalog.all_weeks w;

CREATE TABLE catalog.backups (
    project_id text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    owner_project_id text COLLATE pg_catalog."C",
    inherited boolean DEFAULT false NOT NULL,
    member_states smallint DEFAULT 0 NOT NULL,
    checkpoint_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    vault_id uuid,
    parent_id uuid,
    enterprise_project_id text DEFAULT '0'::text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    status text DEFAULT 'available'::text NOT NULL COLLATE pg_catalog."C",
    image_type text DEFAULT 'backup'::text NOT NULL COLLATE pg_catalog."C",
    resource_type text NOT NULL COLLATE pg_catalog."C",
    resource_name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    resource_size integer DEFAULT 0 NOT NULL,
    resource_az text COLLATE pg_catalog."C",
    dedicated_cloud boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone,
    protected_at timestamp with time zone,
    expired_at timestamp with time zone,
    incremental boolean,
    version integer DEFAULT 3 NOT NULL,
    extend_info json DEFAULT '{}'::json NOT NULL,
    replication_document text,
    updated_order timestamp with time zone GENERATED ALWAYS AS (COALESCE(updated_at, '-infinity'::timestamp with time zone)) STORED NOT NULL,
    protected_order timestamp with time zone GENERATED ALWAYS AS (COALESCE(protected_at, '-infinity'::timestamp with time zone)) STORED NOT NULL,
    facet bigint GENERATED ALWAYS AS (catalog.facet(status, image_type, resource_type, dedicated_cloud, incremental, (updated_at IS NULL), (protected_at IS NULL), member_states, (owner_project_id IS NOT NULL), (parent_id IS NOT NULL), resource_az, enterprise_project_id)) STORED NOT NULL,
    document text GENERATED ALWAYS AS (catalog.backup_document(id, COALESCE(owner_project_id, project_id), checkpoint_id, resource_id, provider_id, vault_id, parent_id, enterprise_project_id, name, description, status, image_type, resource_type, resource_name, resource_size, resource_az, created_at, updated_at, protected_at, expired_at, incremental, version, extend_info)) STORED NOT NULL,
    CONSTRAINT backups_check CHECK ((owner_project_id <> project_id)),
    CONSTRAINT backups_check1 CHECK (((NOT inherited) OR ((owner_project_id IS NOT NULL) AND (parent_id IS NOT NULL)))),
    CONSTRAINT backups_check2 CHECK (((vault_id IS NOT NULL) OR (owner_project_id IS NOT NULL))),
    CONSTRAINT backups_check3 CHECK ((parent_id <> id)),
    CONSTRAINT backups_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT backups_description_check CHECK ((length(description) <= 255)),
    CONSTRAINT backups_enterprise_project_bytes_check CHECK ((octet_length(enterprise_project_id) <= 255)),
    CONSTRAINT backups_enterprise_project_id_check CHECK (((length(enterprise_project_id) >= 1) AND (length(enterprise_project_id) <= 255))),
    CONSTRAINT backups_expired_at_check CHECK (((expired_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (expired_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT backups_extend_info_check CHECK (catalog.is_extend_info(extend_info)),
    CONSTRAINT backups_image_type_check CHECK ((image_type = ANY (ARRAY['backup'::text, 'replication'::text]))),
    CONSTRAINT backups_member_states_check CHECK (((member_states >= 0) AND (member_states <= 7))),
    CONSTRAINT backups_name_check CHECK ((length(name) <= 255)),
    CONSTRAINT backups_project_id_check CHECK (catalog.is_project_id(project_id)),
    CONSTRAINT backups_protected_at_check CHECK (((protected_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (protected_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT backups_resource_az_check CHECK ((length(resource_az) <= 255)),
    CONSTRAINT backups_resource_name_check CHECK ((length(resource_name) <= 255)),
    CONSTRAINT backups_resource_size_check CHECK ((resource_size >= 0)),
    CONSTRAINT backups_resource_type_check CHECK ((resource_type = ANY (ARRAY['OS::Cinder::Volume'::text, 'OS::Nova::Server'::text, 'OS::Sfs::Turbo'::text, 'OS::Workspace::DesktopV2'::text, 'OS::Ironic::BareMetalServer'::text, 'OS::Native::Server'::text]))),
    CONSTRAINT backups_status_check CHECK ((status = ANY (ARRAY['available'::text, 'deleting'::text, 'error'::text, 'protecting'::text, 'restoring'::text, 'waiting_delete'::text, 'waiting_protect'::text, 'waiting_restore'::text]))),
    CONSTRAINT backups_updated_at_check CHECK (((updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone)))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_analyze_scale_factor='0.05', toast_tuple_target='4080');
ALTER TABLE ONLY catalog.backups ALTER COLUMN project_id SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN project_id SET (n_distinct=10);
ALTER TABLE ONLY catalog.backups ALTER COLUMN owner_project_id SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN enterprise_project_id SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN name SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN description SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN status SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN image_type SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN resource_type SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN resource_name SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN resource_az SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN extend_info SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN extend_info SET COMPRESSION lz4;
ALTER TABLE ONLY catalog.backups ALTER COLUMN replication_document SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN replication_document SET COMPRESSION lz4;
ALTER TABLE ONLY catalog.backups ALTER COLUMN document SET STORAGE MAIN;
ALTER TABLE ONLY catalog.backups ALTER COLUMN document SET COMPRESSION lz4;

CREATE TABLE catalog.count_deltas (
    project_id text NOT NULL COLLATE pg_catalog."C",
    facet bigint NOT NULL,
    vault_id uuid,
    resource_az text COLLATE pg_catalog."C",
    enterprise_project_id text NOT NULL COLLATE pg_catalog."C",
    n bigint NOT NULL,
    week timestamp with time zone
)
WITH (autovacuum_vacuum_scale_factor='0.0', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE catalog.counter_lock (
    only_row boolean NOT NULL,
    CONSTRAINT counter_lock_only_row_check CHECK (only_row)
);

CREATE TABLE catalog.enterprise_project_grants (
    user_id text NOT NULL COLLATE pg_catalog."C",
    enterprise_project_id text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT enterprise_project_grants_enterprise_project_id_check CHECK (((length(enterprise_project_id) >= 1) AND (length(enterprise_project_id) <= 255))),
    CONSTRAINT enterprise_project_grants_user_id_check CHECK (((length(user_id) >= 1) AND (length(user_id) <= 255)))
);

CREATE TABLE catalog.project_facets (
    project_id text NOT NULL COLLATE pg_catalog."C",
    enterprise_project_id text NOT NULL COLLATE pg_catalog."C",
    facets bigint[] NOT NULL,
    zones text[] NOT NULL COLLATE pg_catalog."C",
    ns bigint[] NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

CREATE VIEW catalog.facet_counts WITH (security_invoker='true') AS
 SELECT p.project_id,
    unnest(p.facets) AS facet,
    unnest(p.zones) AS resource_az,
    p.enterprise_project_id,
    unnest(p.ns) AS n
   FROM catalog.project_facets p;

CREATE TABLE catalog.facets_by_bits (
    project_id text NOT NULL COLLATE pg_catalog."C",
    bits integer NOT NULL,
    facet bigint NOT NULL,
    resource_az text COLLATE pg_catalog."C"
);

CREATE SEQUENCE catalog.fold_turn
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE catalog.members (
    project_id text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    backup_id uuid NOT NULL,
    dest_project_id text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    vault_id uuid,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    CONSTRAINT members_created_at_check CHECK (((created_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT members_dest_project_id_check CHECK (catalog.is_project_id(dest_project_id)),
    CONSTRAINT members_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'rejected'::text]))),
    CONSTRAINT members_updated_at_check CHECK (((updated_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp with time zone)))
);

CREATE TABLE catalog.part_facets (
    project_id text NOT NULL COLLATE pg_catalog."C",
    part text NOT NULL COLLATE pg_catalog."C",
    bits integer[] NOT NULL,
    ns bigint[] NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

CREATE VIEW catalog.part_counts WITH (security_invoker='true') AS
 SELECT p.project_id,
    p.part,
    (unnest(p.bits))::bigint AS facet,
    unnest(p.ns) AS n
   FROM catalog.part_facets p;

CREATE TABLE catalog.placements (
    placement bigint NOT NULL,
    resource_az text COLLATE pg_catalog."C",
    enterprise_project_id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE catalog.project_counts (
    project_id text NOT NULL COLLATE pg_catalog."C",
    shared boolean NOT NULL,
    n bigint NOT NULL,
    by_week boolean DEFAULT false NOT NULL,
    by_part boolean DEFAULT false NOT NULL,
    vaults_by_week boolean DEFAULT false NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE catalog.vault_facets (
    project_id text NOT NULL COLLATE pg_catalog."C",
    vault_id uuid NOT NULL,
    enterprise_project_id text NOT NULL COLLATE pg_catalog."C",
    facets bigint[] NOT NULL,
    zones text[] NOT NULL COLLATE pg_catalog."C",
    ns bigint[] NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

CREATE VIEW catalog.vault_counts WITH (security_invoker='true') AS
 SELECT p.project_id,
    p.vault_id,
    unnest(p.facets) AS facet,
    unnest(p.zones) AS resource_az,
    p.enterprise_project_id,
    unnest(p.ns) AS n
   FROM catalog.vault_facets p;

CREATE TABLE catalog.vaults (
    project_id text NOT NULL COLLATE pg_catalog."C",
    id uuid NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    size bigint NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT vaults_name_check CHECK ((length(name) <= 255)),
    CONSTRAINT vaults_project_id_check CHECK (catalog.is_project_id(project_id)),
    CONSTRAINT vaults_size_check CHECK (((size >= 0) AND (size <= '1000000000000'::bigint))),
    CONSTRAINT vaults_used_check CHECK (((used >= 0) AND (used <= '1000000000000000'::bigint)))
);

CREATE TABLE catalog.week_facets (
    project_id text NOT NULL COLLATE pg_catalog."C",
    week timestamp with time zone NOT NULL,
    own bigint NOT NULL,
    shared bigint NOT NULL,
    bits integer[] NOT NULL,
    ns bigint[] NOT NULL,
    firsts timestamp with time zone[],
    lasts timestamp with time zone[]
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');

CREATE VIEW catalog.week_counts WITH (security_invoker='true') AS
 SELECT w.project_id,
    w.week,
    (unnest(w.bits))::bigint AS facet,
    unnest(w.ns) AS n,
    unnest(w.firsts) AS first,
    unnest(w.lasts) AS last
   FROM catalog.week_facets w;

CREATE TABLE catalog.zone_facets (
    resource_az text COLLATE pg_catalog."C",
    bits integer[] NOT NULL,
    ns bigint[] NOT NULL
)
WITH (fillfactor='20');

CREATE VIEW catalog.zone_counts WITH (security_invoker='true') AS
 SELECT z.resource_az,
    (unnest(z.bits))::bigint AS facet,
    unnest(z.ns) AS n
   FROM catalog.zone_facets z;

CREATE TABLE catalog.zone_placements (
    resource_az text NOT NULL COLLATE pg_catalog."C",
    placement bigint NOT NULL
);

ALTER TABLE ONLY catalog.all_weeks
    ADD CONSTRAINT all_weeks_pkey PRIMARY KEY (week);

ALTER TABLE ONLY catalog.backups
    ADD CONSTRAINT backups_pkey PRIMARY KEY (project_id, id) INCLUDE (facet, vault_id, created_at);

ALTER TABLE ONLY catalog.counter_lock
    ADD CONSTRAINT counter_lock_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY catalog.enterprise_project_grants
    ADD CONSTRAINT enterprise_project_grants_pkey PRIMARY KEY (user_id, enterprise_project_id);

ALTER TABLE ONLY catalog.facets_by_bits
    ADD CONSTRAINT facets_by_bits_pkey PRIMARY KEY (project_id, bits, facet);

ALTER TABLE ONLY catalog.members
    ADD CONSTRAINT members_id_key UNIQUE (id);

ALTER TABLE ONLY catalog.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (project_id, id);

ALTER TABLE ONLY catalog.part_facets
    ADD CONSTRAINT part_facets_pkey PRIMARY KEY (project_id, part);

ALTER TABLE ONLY catalog.project_counts
    ADD CONSTRAINT project_counts_pkey PRIMARY KEY (project_id, shared);

ALTER TABLE ONLY catalog.project_facets
    ADD CONSTRAINT project_facets_pkey PRIMARY KEY (project_id, enterprise_project_id);

ALTER TABLE ONLY catalog.replication_records
    ADD CONSTRAINT replication_records_pkey PRIMARY KEY (project_id, backup_id, "position");

ALTER TABLE ONLY catalog.vault_facets
    ADD CONSTRAINT vault_facets_pkey PRIMARY KEY (vault_id, project_id, enterprise_project_id);

ALTER TABLE ONLY catalog.vaults
    ADD CONSTRAINT vaults_id_key UNIQUE (id);

ALTER TABLE ONLY catalog.vaults
    ADD CONSTRAINT vaults_pkey PRIMARY KEY (project_id, id);

ALTER TABLE ONLY catalog.week_facets
    ADD CONSTRAINT week_facets_pkey PRIMARY KEY (project_id, week);

ALTER TABLE ONLY catalog.zone_facets
    ADD CONSTRAINT zone_facets_resource_az_key UNIQUE NULLS NOT DISTINCT (resource_az);

ALTER TABLE ONLY catalog.zone_placements
    ADD CONSTRAINT zone_placements_pkey PRIMARY KEY (resource_az, placement);

CREATE INDEX backups_all_apart_by_protected ON catalog.backups USING btree (protected_order, id) INCLUDE (project_id, facet, vault_id, created_at, updated_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (((protected_at - created_at) < '-24:00:00'::interval) OR ((protected_at - created_at) > '24:00:00'::interval)));

CREATE INDEX backups_all_apart_by_updated ON catalog.backups USING btree (updated_order, id) INCLUDE (project_id, facet, vault_id, created_at, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (((updated_at - created_at) < '-24:00:00'::interval) OR ((updated_at - created_at) > '24:00:00'::interval)));

CREATE INDEX backups_all_by_created ON catalog.backups USING btree (created_at, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, updated_order, protected_order) INCLUDE (project_id, facet, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL));

CREATE INDEX backups_all_by_id ON catalog.backups USING btree (id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at) INCLUDE (project_id, facet) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL));

CREATE INDEX backups_all_by_name ON catalog.backups USING btree (name, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at) INCLUDE (project_id, facet) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL));

CREATE INDEX backups_all_by_protected ON catalog.backups USING btree (protected_order, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at) INCLUDE (project_id, facet) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL));

CREATE INDEX backups_all_by_updated ON catalog.backups USING btree (updated_order, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at) INCLUDE (project_id, facet) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL));

CREATE INDEX backups_all_of_members ON catalog.backups USING btree (member_states, created_at, id) INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (member_states <> 0));

CREATE INDEX backups_all_of_status ON catalog.backups USING btree (status, created_at, id) INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (status <> 'available'::text));

CREATE INDEX backups_all_times ON catalog.backups USING btree (created_at) INCLUDE (project_id, facet) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND ((facet & (65536)::bigint) = 0));

CREATE INDEX backups_all_without_protected_at ON catalog.backups USING btree (created_at, id) INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (protected_at IS NULL));

CREATE INDEX backups_all_without_updated_at ON catalog.backups USING btree (created_at, id) INCLUDE (project_id, facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (updated_at IS NULL));

CREATE INDEX backups_apart_by_protected ON catalog.backups USING btree (project_id, protected_order, id) INCLUDE (facet, vault_id, created_at, updated_order, name) WHERE ((parent_id IS NULL) AND (((protected_at - created_at) < '-24:00:00'::interval) OR ((protected_at - created_at) > '24:00:00'::interval)));

CREATE INDEX backups_apart_by_updated ON catalog.backups USING btree (project_id, updated_order, id) INCLUDE (facet, vault_id, created_at, protected_order, name) WHERE ((parent_id IS NULL) AND (((updated_at - created_at) < '-24:00:00'::interval) OR ((updated_at - created_at) > '24:00:00'::interval)));

CREATE INDEX backups_by_created ON catalog.backups USING btree (project_id, created_at, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, updated_order, protected_order) INCLUDE (facet, name) WHERE (parent_id IS NULL);

CREATE INDEX backups_by_id ON catalog.backups USING btree (project_id, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at, updated_order, protected_order) INCLUDE (facet, name) WHERE (parent_id IS NULL);

CREATE INDEX backups_by_name ON catalog.backups USING btree (project_id, name, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at, updated_order, protected_order) INCLUDE (facet) WHERE (parent_id IS NULL);

CREATE INDEX backups_by_protected ON catalog.backups USING btree (project_id, protected_order, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at, updated_order) INCLUDE (facet, name) WHERE (parent_id IS NULL);

CREATE INDEX backups_by_updated ON catalog.backups USING btree (project_id, updated_order, id, status, image_type, resource_type, vault_id, resource_az, incremental, dedicated_cloud, member_states, enterprise_project_id, created_at, protected_order) INCLUDE (facet, name) WHERE (parent_id IS NULL);

CREATE INDEX backups_of_checkpoint ON catalog.backups USING btree (checkpoint_id, project_id, id) INCLUDE (facet, vault_id, created_at) WHERE (parent_id IS NULL);

CREATE INDEX backups_of_facet ON catalog.backups USING btree (facet, project_id, vault_id, created_at, id) INCLUDE (updated_order, protected_order, name) WHERE (parent_id IS NULL);

CREATE INDEX backups_of_members ON catalog.backups USING btree (member_states, project_id, created_at, id) INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NULL) AND (member_states <> 0));

CREATE INDEX backups_of_others_in_created_order ON catalog.backups USING btree (project_id, created_at, id) INCLUDE (facet, vault_id, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NOT NULL));

CREATE INDEX backups_of_others_in_id_order ON catalog.backups USING btree (project_id, id) INCLUDE (facet, vault_id, created_at, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NOT NULL));

CREATE INDEX backups_of_others_in_name_order ON catalog.backups USING btree (project_id, name, id) INCLUDE (facet, vault_id, created_at, updated_order, protected_order) WHERE ((parent_id IS NULL) AND (owner_project_id IS NOT NULL));

CREATE INDEX backups_of_others_in_protected_order ON catalog.backups USING btree (project_id, protected_order, id) INCLUDE (facet, vault_id, created_at, updated_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NOT NULL));

CREATE INDEX backups_of_others_in_updated_order ON catalog.backups USING btree (project_id, updated_order, id) INCLUDE (facet, vault_id, created_at, protected_order, name) WHERE ((parent_id IS NULL) AND (owner_project_id IS NOT NULL));

CREATE INDEX backups_of_parent ON catalog.backups USING btree (parent_id, project_id, created_at, id) WHERE (parent_id IS NOT NULL);

CREATE INDEX backups_of_resource ON catalog.backups USING btree (resource_id, project_id, created_at, id) INCLUDE (facet, vault_id, updated_order, protected_order, name) WHERE (parent_id IS NULL);

CREATE INDEX backups_of_status ON catalog.backups USING btree (status, project_id, created_at, id) INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (status <> 'available'::text));

CREATE INDEX backups_shared_id ON catalog.backups USING btree (id) WHERE (owner_project_id IS NOT NULL);

CREATE INDEX backups_texts ON catalog.backups USING btree (project_id, created_at, id) INCLUDE (facet, name, resource_name) WHERE (parent_id IS NULL);

CREATE UNIQUE INDEX backups_unique_id ON catalog.backups USING btree (id) WHERE (owner_project_id IS NULL);

CREATE INDEX backups_without_protected_at ON catalog.backups USING btree (project_id, created_at, id) INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (protected_at IS NULL));

CREATE INDEX backups_without_updated_at ON catalog.backups USING btree (project_id, created_at, id) INCLUDE (facet, vault_id, resource_az, updated_order, protected_order, name) WHERE ((parent_id IS NULL) AND (updated_at IS NULL));

CREATE INDEX count_deltas_project ON catalog.count_deltas USING btree (project_id);

CREATE INDEX members_backup ON catalog.members USING btree (project_id, backup_id);

CREATE INDEX placements_placement ON catalog.placements USING btree (placement);

CREATE INDEX project_facets_enterprise_project ON catalog.project_facets USING btree (enterprise_project_id);

CREATE INDEX vault_facets_project ON catalog.vault_facets USING btree (project_id);

CREATE TRIGGER count_deleted AFTER DELETE ON catalog.backups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_changes();

CREATE TRIGGER count_inserted AFTER INSERT ON catalog.backups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_changes();

CREATE TRIGGER count_truncated AFTER TRUNCATE ON catalog.backups FOR EACH STATEMENT EXECUTE FUNCTION catalog.truncated();

CREATE TRIGGER count_updated AFTER UPDATE ON catalog.backups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION catalog.count_changes();

CREATE TRIGGER deleted AFTER DELETE ON catalog.members REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.members_changed();

CREATE TRIGGER deleted AFTER DELETE ON catalog.replication_records REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();

CREATE TRIGGER inserted AFTER INSERT ON catalog.members REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.members_changed();

CREATE TRIGGER inserted AFTER INSERT ON catalog.replication_records REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();

CREATE TRIGGER shares_deleted AFTER DELETE ON catalog.backups REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.shared_backups_changed();

CREATE TRIGGER shares_inserted AFTER INSERT ON catalog.backups REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.shared_backups_changed();

CREATE TRIGGER shares_updated_new AFTER UPDATE ON catalog.backups REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.shared_backups_changed();

CREATE TRIGGER shares_updated_old AFTER UPDATE ON catalog.backups REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.shared_backups_changed();

CREATE TRIGGER truncated AFTER TRUNCATE ON catalog.members FOR EACH STATEMENT EXECUTE FUNCTION catalog.refuse_truncation();

CREATE TRIGGER truncated AFTER TRUNCATE ON catalog.replication_records FOR EACH STATEMENT EXECUTE FUNCTION catalog.refuse_truncation();

CREATE TRIGGER updated_new AFTER UPDATE ON catalog.members REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.members_changed();

CREATE TRIGGER updated_new AFTER UPDATE ON catalog.replication_records REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();

CREATE TRIGGER updated_old AFTER UPDATE ON catalog.members REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.members_changed();

CREATE TRIGGER updated_old AFTER UPDATE ON catalog.replication_records REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();

ALTER TABLE ONLY catalog.members
    ADD CONSTRAINT members_project_id_backup_id_fkey FOREIGN KEY (project_id, backup_id) REFERENCES catalog.backups(project_id, id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY catalog.replication_records
    ADD CONSTRAINT replication_records_project_id_backup_id_fkey FOREIGN KEY (project_id, backup_id) REFERENCES catalog.backups(project_id, id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE catalog.all_weeks ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.backups ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.count_deltas ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.enterprise_project_grants ENABLE ROW LEVEL SECURITY;

CREATE POLICY enterprise_projects ON catalog.backups AS RESTRICTIVE FOR SELECT TO catalog_reader USING ((((facet >> 20) = ANY (( SELECT catalog.permitted_placements() AS permitted_placements)::bigint[])) IS NOT FALSE));

CREATE POLICY enterprise_projects ON catalog.count_deltas AS RESTRICTIVE FOR SELECT TO catalog_reader USING ((((facet >> 20) = ANY (( SELECT catalog.permitted_placements() AS permitted_placements)::bigint[])) IS NOT FALSE));

CREATE POLICY enterprise_projects ON catalog.facets_by_bits AS RESTRICTIVE FOR SELECT TO catalog_reader USING ((( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects) IS NULL));

CREATE POLICY enterprise_projects ON catalog.part_facets AS RESTRICTIVE FOR SELECT TO catalog_reader USING ((( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects) IS NULL));

CREATE POLICY enterprise_projects ON catalog.project_counts AS RESTRICTIVE FOR SELECT TO catalog_reader USING ((( SELECT catalog.permitted_placements() AS permitted_placements) IS NULL));

CREATE POLICY enterprise_projects ON catalog.project_facets AS RESTRICTIVE FOR SELECT TO catalog_reader USING (((enterprise_project_id = ANY (( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects)::text[])) IS NOT FALSE));

CREATE POLICY enterprise_projects ON catalog.vault_facets AS RESTRICTIVE FOR SELECT TO catalog_reader USING (((enterprise_project_id = ANY (( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects)::text[])) IS NOT FALSE));

CREATE POLICY enterprise_projects ON catalog.week_facets AS RESTRICTIVE FOR SELECT TO catalog_reader USING ((( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects) IS NULL));

CREATE POLICY every_tenant ON catalog.all_weeks FOR SELECT TO catalog_reader USING (((( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text) AND (( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects) IS NULL)));

CREATE POLICY every_tenant ON catalog.zone_facets FOR SELECT TO catalog_reader USING (((( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text) AND (( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects) IS NULL)));

CREATE POLICY every_tenant ON catalog.zone_placements FOR SELECT TO catalog_reader USING (((( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text) AND (( SELECT catalog.permitted_enterprise_projects() AS permitted_enterprise_projects) IS NULL)));

ALTER TABLE catalog.facets_by_bits ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.members ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_grants ON catalog.enterprise_project_grants FOR SELECT TO catalog_reader USING ((user_id = ( SELECT current_setting('catalog.user_id'::text, true) AS current_setting)));

ALTER TABLE catalog.part_facets ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.placements ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.project_counts ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.project_facets ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.replication_records ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON catalog.backups FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.count_deltas FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.facets_by_bits FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.part_facets FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.project_counts FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.project_facets FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.vault_facets FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.vaults FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY tenant ON catalog.week_facets FOR SELECT TO catalog_reader USING (((project_id = ( SELECT current_setting('catalog.project_id'::text, true) AS current_setting)) OR (( SELECT current_setting('catalog.all_tenants'::text, true) AS current_setting) = 'on'::text)));

ALTER TABLE catalog.vault_facets ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.vaults ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.week_facets ENABLE ROW LEVEL SECURITY;

CREATE POLICY writer ON catalog.all_weeks FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.backups FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.count_deltas FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.enterprise_project_grants TO catalog_writer USING (true) WITH CHECK (true);

CREATE POLICY writer ON catalog.facets_by_bits FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.members TO catalog_writer USING (true) WITH CHECK (true);

CREATE POLICY writer ON catalog.part_facets FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.placements FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.project_counts FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.project_facets FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.replication_records TO catalog_writer USING (true) WITH CHECK (true);

CREATE POLICY writer ON catalog.vault_facets FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.vaults TO catalog_writer USING (true) WITH CHECK (true);

CREATE POLICY writer ON catalog.week_facets FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.zone_facets FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer ON catalog.zone_placements FOR SELECT TO catalog_writer USING (true);

CREATE POLICY writer_deletes ON catalog.backups FOR DELETE TO catalog_writer USING ((owner_project_id IS NULL));

CREATE POLICY writer_inserts ON catalog.backups FOR INSERT TO catalog_writer WITH CHECK ((owner_project_id IS NULL));

CREATE POLICY writer_updates ON catalog.backups FOR UPDATE TO catalog_writer USING ((owner_project_id IS NULL)) WITH CHECK ((owner_project_id IS NULL));

ALTER TABLE catalog.zone_facets ENABLE ROW LEVEL SECURITY;

ALTER TABLE catalog.zone_placements ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA catalog TO catalog_reader;
GRANT USAGE ON SCHEMA catalog TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.api_time(moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.api_time(moment timestamp with time zone) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.backup_document(id uuid, project_id text, checkpoint_id uuid, resource_id uuid, provider_id uuid, vault_id uuid, parent_id uuid, enterprise_project_id text, name text, description text, status text, image_type text, resource_type text, resource_name text, resource_size integer, resource_az text, created_at timestamp with time zone, updated_at timestamp with time zone, protected_at timestamp with time zone, expired_at timestamp with time zone, incremental boolean, version integer, extend_info json) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.backup_document(id uuid, project_id text, checkpoint_id uuid, resource_id uuid, provider_id uuid, vault_id uuid, parent_id uuid, enterprise_project_id text, name text, description text, status text, image_type text, resource_type text, resource_name text, resource_size integer, resource_az text, created_at timestamp with time zone, updated_at timestamp with time zone, protected_at timestamp with time zone, expired_at timestamp with time zone, incremental boolean, version integer, extend_info json) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.begin_request(project_id text, user_id text, all_tenants boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.begin_request(project_id text, user_id text, all_tenants boolean) TO catalog_reader;

REVOKE ALL ON FUNCTION catalog.count_all_weeks() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.count_all_weeks() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.count_by_week(of_project text) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.count_by_week(of_project text) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.count_changes() FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.counted_by_week_from() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.counted_by_week_from() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.facet(status text, image_type text, resource_type text, dedicated_cloud boolean, incremental boolean, no_updated_at boolean, no_protected_at boolean, member_states smallint, shared boolean, child boolean, resource_az text, enterprise_project_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.facet(status text, image_type text, resource_type text, dedicated_cloud boolean, incremental boolean, no_updated_at boolean, no_protected_at boolean, member_states smallint, shared boolean, child boolean, resource_az text, enterprise_project_id text) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.fold_counts() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.fold_counts() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.granted_enterprise_projects() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.granted_enterprise_projects() TO catalog_reader;

REVOKE ALL ON FUNCTION catalog.granted_placements() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.granted_placements() TO catalog_reader;

REVOKE ALL ON FUNCTION catalog.is_extend_info(value json) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.is_extend_info(value json) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.is_project_id(value text) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.is_project_id(value text) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.member_state(status text) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.member_state(status text) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.members_changed() FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.mend_estimates() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.mend_estimates() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.permitted_enterprise_projects() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.permitted_enterprise_projects() TO catalog_reader;

REVOKE ALL ON FUNCTION catalog.permitted_placements() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.permitted_placements() TO catalog_reader;

REVOKE ALL ON FUNCTION catalog.place(of_placement bigint, zone text, enterprise_project text) FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.placement_of(zone text, enterprise_project text) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.placement_of(zone text, enterprise_project text) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.recount(of_project text) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.recount(of_project text) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.recount_placements() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.recount_placements() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.recount_zones() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.recount_zones() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.refuse_shares(owners text[], ids uuid[], records text) FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.refuse_truncation() FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.repair_backups(ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.repair_backups(ids uuid[]) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.replication_item(id uuid, status text, created_at timestamp with time zone, vault_id text, source_backup_id text, source_checkpoint_id text, source_project_id text, source_region text, destination_backup_id text, destination_checkpoint_id text, destination_project_id text, destination_region text, destination_vault_id text, extra_info json) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.replication_item(id uuid, status text, created_at timestamp with time zone, vault_id text, source_backup_id text, source_checkpoint_id text, source_project_id text, source_region text, destination_backup_id text, destination_checkpoint_id text, destination_project_id text, destination_region text, destination_vault_id text, extra_info json) TO catalog_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE catalog.replication_records TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.replication_document(of_project text, of_backup uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.replication_document(of_project text, of_backup uuid) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.replication_records_changed() FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.schema_version() FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.schema_version() TO catalog_reader;
GRANT ALL ON FUNCTION catalog.schema_version() TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.shared_backups_changed() FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.shares_of(owners text[], ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.shares_of(owners text[], ids uuid[]) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.sync_shares(owners text[], ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.truncated() FROM PUBLIC;

REVOKE ALL ON FUNCTION catalog.vault_week(vault_id uuid, week timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.vault_week(vault_id uuid, week timestamp with time zone) TO catalog_writer;

REVOKE ALL ON FUNCTION catalog.week_of(moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION catalog.week_of(moment timestamp with time zone) TO catalog_writer;

GRANT SELECT ON TABLE catalog.all_weeks TO catalog_reader;
GRANT SELECT ON TABLE catalog.all_weeks TO catalog_writer;

GRANT SELECT ON TABLE catalog.all_week_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.all_week_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.backups TO catalog_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE catalog.backups TO catalog_writer;

GRANT SELECT ON TABLE catalog.count_deltas TO catalog_reader;
GRANT SELECT ON TABLE catalog.count_deltas TO catalog_writer;

GRANT SELECT ON TABLE catalog.enterprise_project_grants TO catalog_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE catalog.enterprise_project_grants TO catalog_writer;

GRANT SELECT ON TABLE catalog.project_facets TO catalog_reader;
GRANT SELECT ON TABLE catalog.project_facets TO catalog_writer;

GRANT SELECT ON TABLE catalog.facet_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.facet_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.facets_by_bits TO catalog_reader;
GRANT SELECT ON TABLE catalog.facets_by_bits TO catalog_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE catalog.members TO catalog_writer;

GRANT SELECT ON TABLE catalog.part_facets TO catalog_reader;
GRANT SELECT ON TABLE catalog.part_facets TO catalog_writer;

GRANT SELECT ON TABLE catalog.part_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.part_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.placements TO catalog_writer;

GRANT SELECT ON TABLE catalog.project_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.project_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.vault_facets TO catalog_reader;
GRANT SELECT ON TABLE catalog.vault_facets TO catalog_writer;

GRANT SELECT ON TABLE catalog.vault_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.vault_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.vaults TO catalog_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE catalog.vaults TO catalog_writer;

GRANT SELECT ON TABLE catalog.week_facets TO catalog_reader;
GRANT SELECT ON TABLE catalog.week_facets TO catalog_writer;

GRANT SELECT ON TABLE catalog.week_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.week_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.zone_facets TO catalog_reader;
GRANT SELECT ON TABLE catalog.zone_facets TO catalog_writer;

GRANT SELECT ON TABLE catalog.zone_counts TO catalog_reader;
GRANT SELECT ON TABLE catalog.zone_counts TO catalog_writer;

GRANT SELECT ON TABLE catalog.zone_placements TO catalog_reader;
GRANT SELECT ON TABLE catalog.zone_placements TO catalog_writer;

