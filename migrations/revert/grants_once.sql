-- The functions of the policies are again what they were; what they called goes when nobody is left who calls it.
BEGIN;

CREATE OR REPLACE FUNCTION catalog.begin_request(project_id text, user_id text, all_tenants boolean) RETURNS text[]
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('catalog.project_id', project_id, true), set_config('catalog.user_id', user_id, true),
            set_config('catalog.all_tenants', CASE WHEN all_tenants THEN 'on' ELSE 'off' END, true);
    RETURN (SELECT array_agg(g.enterprise_project_id ORDER BY g.enterprise_project_id)
            FROM catalog.enterprise_project_grants g WHERE g.user_id = begin_request.user_id);
END
$$;

CREATE OR REPLACE FUNCTION catalog.permitted_placements() RETURNS bigint[]
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

CREATE OR REPLACE FUNCTION catalog.permitted_enterprise_projects() RETURNS text[]
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

COMMIT;

-- CONCURRENTLY returns when no transaction is left that has planned with the other ones.
SET lock_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.count_deltas_waited_for;
CREATE INDEX CONCURRENTLY count_deltas_waited_for ON catalog.count_deltas (project_id) WHERE false;
DROP INDEX CONCURRENTLY catalog.count_deltas_waited_for;
SET lock_timeout = '50ms';

DROP FUNCTION IF EXISTS catalog.granted_placements(), catalog.granted_enterprise_projects();
