-- Whether a user is restricted to enterprise projects is looked up once a request, by begin_request, and not again for each
-- policy of each statement: that took a tenth of a page's time. What begin_request found holds for the user that it was
-- asked for; of another one that the transaction names, and where begin_request was not called, the grants are read as
-- before. The policies stay as they are. They call the functions permitted_…, which are expressions now that PostgreSQL
-- puts into the statement (no SECURITY DEFINER, no SET), and the functions granted_… read the grants.
BEGIN;

-- The placements (upper bits of facets: zone and enterprise project) that the transaction's user may see: null = all of
-- them (no grants), empty = none (no user set). From the table itself: its view would show every facet first.
CREATE OR REPLACE FUNCTION catalog.granted_placements() RETURNS bigint[]
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

-- The same as enterprise projects.
CREATE OR REPLACE FUNCTION catalog.granted_enterprise_projects() RETURNS text[]
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

REVOKE ALL ON FUNCTION catalog.granted_placements(), catalog.granted_enterprise_projects() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.granted_placements(), catalog.granted_enterprise_projects() TO catalog_reader;

CREATE OR REPLACE FUNCTION catalog.permitted_placements() RETURNS bigint[]
    LANGUAGE sql STABLE
    RETURN CASE WHEN current_setting('catalog.user_without_grants', true) = nullif(current_setting('catalog.user_id', true), '')
                THEN NULL ELSE catalog.granted_placements() END;
CREATE OR REPLACE FUNCTION catalog.permitted_enterprise_projects() RETURNS text[]
    LANGUAGE sql STABLE
    RETURN CASE WHEN current_setting('catalog.user_without_grants', true) = nullif(current_setting('catalog.user_id', true), '')
                THEN NULL ELSE catalog.granted_enterprise_projects() END;

-- Sets the caller for the rest of the transaction; returns the enterprise projects that the user is restricted to,
-- null where there are no grants.
CREATE OR REPLACE FUNCTION catalog.begin_request(project_id text, user_id text, all_tenants boolean) RETURNS text[]
    LANGUAGE plpgsql VOLATILE AS $$
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

COMMIT;
