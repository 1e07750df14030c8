-- Who may read and write what. Readers see a row only if the settings of their transaction say that it is theirs:
-- catalog.project_id, catalog.user_id, catalog.all_tenants ('on' for an administrator's call over every project).
BEGIN;

-- Sets the caller for the rest of the transaction; returns the enterprise projects that the user is restricted to,
-- null where there are no grants.
CREATE FUNCTION catalog.begin_request(project_id text, user_id text, all_tenants boolean) RETURNS text[]
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('catalog.project_id', project_id, true), set_config('catalog.user_id', user_id, true),
            set_config('catalog.all_tenants', CASE WHEN all_tenants THEN 'on' ELSE 'off' END, true);
    RETURN (SELECT array_agg(g.enterprise_project_id ORDER BY g.enterprise_project_id)
            FROM catalog.enterprise_project_grants g WHERE g.user_id = begin_request.user_id);
END
$$;

-- The placements (upper bits of facets: zone and enterprise project) that the transaction's user may see: null = all of
-- them (no grants), empty = none (no user set).
CREATE FUNCTION catalog.permitted_placements() RETURNS bigint[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
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
        RETURN ARRAY(SELECT c.facet >> 20 FROM catalog.facet_counts c JOIN catalog.enterprise_project_grants g
                         ON g.user_id = caller_user AND g.enterprise_project_id = c.enterprise_project_id
                     UNION
                     SELECT c.facet >> 20 FROM catalog.count_deltas c JOIN catalog.enterprise_project_grants g
                         ON g.user_id = caller_user AND g.enterprise_project_id = c.enterprise_project_id);
    END IF;
    RETURN ARRAY(SELECT c.facet >> 20 FROM catalog.facet_counts c JOIN catalog.enterprise_project_grants g
                     ON g.user_id = caller_user AND g.enterprise_project_id = c.enterprise_project_id
                 WHERE c.project_id = caller_project
                 UNION
                 SELECT c.facet >> 20 FROM catalog.count_deltas c JOIN catalog.enterprise_project_grants g
                     ON g.user_id = caller_user AND g.enterprise_project_id = c.enterprise_project_id
                 WHERE c.project_id = caller_project);
END
$$;

GRANT SELECT ON catalog.backups, catalog.vaults, catalog.project_counts, catalog.facet_counts, catalog.vault_counts,
    catalog.count_deltas, catalog.enterprise_project_grants TO catalog_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.backups, catalog.replication_records, catalog.members, catalog.vaults,
    catalog.enterprise_project_grants TO catalog_writer;
GRANT SELECT ON catalog.project_counts, catalog.facet_counts, catalog.vault_counts, catalog.count_deltas TO catalog_writer;

ALTER TABLE catalog.backups ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.replication_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.vaults ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.enterprise_project_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.count_deltas ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.project_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.facet_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.vault_counts ENABLE ROW LEVEL SECURITY;

-- The settings are read once a statement (a scalar subquery is an InitPlan), not once a row.
CREATE POLICY tenant ON catalog.backups FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY tenant ON catalog.vaults FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY tenant ON catalog.count_deltas FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY tenant ON catalog.facet_counts FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY tenant ON catalog.vault_counts FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY tenant ON catalog.project_counts FOR SELECT TO catalog_reader USING (
    project_id = (SELECT current_setting('catalog.project_id', true))
    OR (SELECT current_setting('catalog.all_tenants', true)) = 'on');
CREATE POLICY own_grants ON catalog.enterprise_project_grants FOR SELECT TO catalog_reader USING (
    user_id = (SELECT current_setting('catalog.user_id', true)));

-- A user with enterprise-project grants sees nothing outside them. `= ANY (NULL)` is null, which is not false.
CREATE POLICY enterprise_projects ON catalog.backups AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    ((facet >> 20) = ANY ((SELECT catalog.permitted_placements())::bigint[])) IS NOT FALSE);
CREATE POLICY enterprise_projects ON catalog.count_deltas AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    ((facet >> 20) = ANY ((SELECT catalog.permitted_placements())::bigint[])) IS NOT FALSE);
CREATE POLICY enterprise_projects ON catalog.facet_counts AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    ((facet >> 20) = ANY ((SELECT catalog.permitted_placements())::bigint[])) IS NOT FALSE);
CREATE POLICY enterprise_projects ON catalog.vault_counts AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    ((facet >> 20) = ANY ((SELECT catalog.permitted_placements())::bigint[])) IS NOT FALSE);
CREATE POLICY enterprise_projects ON catalog.project_counts AS RESTRICTIVE FOR SELECT TO catalog_reader USING (
    (SELECT catalog.permitted_placements()) IS NULL);

-- Copies in receivers' lists are for the triggers alone.
CREATE POLICY writer ON catalog.backups FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer_inserts ON catalog.backups FOR INSERT TO catalog_writer WITH CHECK (owner_project_id IS NULL);
CREATE POLICY writer_updates ON catalog.backups FOR UPDATE TO catalog_writer
    USING (owner_project_id IS NULL) WITH CHECK (owner_project_id IS NULL);
CREATE POLICY writer_deletes ON catalog.backups FOR DELETE TO catalog_writer USING (owner_project_id IS NULL);
CREATE POLICY writer ON catalog.replication_records TO catalog_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON catalog.members TO catalog_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON catalog.vaults TO catalog_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON catalog.enterprise_project_grants TO catalog_writer USING (true) WITH CHECK (true);
CREATE POLICY writer ON catalog.count_deltas FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer ON catalog.project_counts FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer ON catalog.facet_counts FOR SELECT TO catalog_writer USING (true);
CREATE POLICY writer ON catalog.vault_counts FOR SELECT TO catalog_writer USING (true);

-- Nothing here is for everybody.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA catalog FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.schema_version(), catalog.begin_request(text, text, boolean), catalog.permitted_placements()
    TO catalog_reader;
GRANT EXECUTE ON FUNCTION catalog.schema_version(), catalog.fold_counts(), catalog.replication_document(text, uuid),
    catalog.replication_item(uuid, text, timestamptz, text, text, text, text, text, text, text, text, text, text, json),
    catalog.api_time(timestamptz), catalog.member_state(text), catalog.is_project_id(text), catalog.is_extend_info(json),
    catalog.facet(text, text, text, boolean, boolean, boolean, boolean, smallint, boolean, boolean, text, text),
    catalog.backup_document(uuid, text, uuid, uuid, uuid, uuid, uuid, text, text, text, text, text, text, text, integer,
        text, timestamptz, timestamptz, timestamptz, timestamptz, boolean, integer, json)
    TO catalog_writer;

COMMIT;
