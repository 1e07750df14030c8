-- What writers of their own could do to shares and replication records without being told:
-- in REPEATABLE READ and SERIALIZABLE, bring back a share that another session had removed, or leave a copy that is out of date;
-- write replication records before their backup, which then showed none; hang records on the copy of a backup in a receiver's
-- list; truncate records and leave what backups say of them.
--
-- One transaction; the locks of the two triggers come last.
BEGIN;

-- Member and replication records are those of a backup, not of its copy in a receiver's list, which the foreign key takes, too.
CREATE OR REPLACE FUNCTION catalog.refuse_shares(owners text[], ids uuid[], records text) RETURNS void
    LANGUAGE plpgsql AS $$
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
REVOKE ALL ON FUNCTION catalog.refuse_shares(text[], uuid[], text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION catalog.sync_shares(owners text[], ids uuid[]) RETURNS void
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

CREATE OR REPLACE FUNCTION catalog.members_changed() RETURNS trigger
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

CREATE OR REPLACE FUNCTION catalog.replication_records_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'catalog', 'pg_temp'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    AS $$
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
$$;

CREATE OR REPLACE FUNCTION catalog.shared_backups_changed() RETURNS trigger
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

-- An escaped character may hide the key `incremental`, and \u0000 is no text: the parser is asked about both, and refuses the latter.
CREATE OR REPLACE FUNCTION catalog.is_extend_info(value json) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (value::text = '{}' OR starts_with(value::text, '{"'))
        AND strpos(value::text, E'\n') = 0 AND strpos(value::text, E'\r') = 0
        AND CASE WHEN strpos(value::text, '"incremental"') = 0 AND strpos(value::text, '\u') = 0 THEN true
                 ELSE (value -> 'incremental') IS NULL END;

-- What backups say of these records would stay.
CREATE OR REPLACE FUNCTION catalog.refuse_truncation() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM catalog.backups) THEN
        RAISE 'catalog.% is truncated together with catalog.backups only', TG_TABLE_NAME
            USING ERRCODE = 'feature_not_supported', HINT = 'DELETE removes its rows, TRUNCATE catalog.backups CASCADE all of both.';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION catalog.refuse_truncation() FROM PUBLIC;

CREATE OR REPLACE TRIGGER truncated AFTER TRUNCATE ON catalog.members
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.refuse_truncation();
CREATE OR REPLACE TRIGGER truncated AFTER TRUNCATE ON catalog.replication_records
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.refuse_truncation();

COMMIT;
