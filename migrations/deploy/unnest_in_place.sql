-- The views that show a row for each number of the counters' arrays: arrays are unnested in the list of columns, where
-- PostgreSQL takes element after element, and not in FROM, where it copies all of them first (nodeFunctionscan.c). A
-- third of the time to count by facet.
CREATE OR REPLACE VIEW catalog.facet_counts WITH (security_invoker = true) AS
    SELECT p.project_id, unnest(p.facets) AS facet, unnest(p.zones) AS resource_az, p.enterprise_project_id, unnest(p.ns) AS n
    FROM catalog.project_facets p;
CREATE OR REPLACE VIEW catalog.vault_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.vault_id, unnest(p.facets) AS facet, unnest(p.zones) AS resource_az, p.enterprise_project_id, unnest(p.ns) AS n
    FROM catalog.vault_facets p;
CREATE OR REPLACE VIEW catalog.zone_counts WITH (security_invoker = true) AS
    SELECT z.resource_az, unnest(z.bits)::bigint AS facet, unnest(z.ns) AS n
    FROM catalog.zone_facets z;
CREATE OR REPLACE VIEW catalog.week_counts WITH (security_invoker = true) AS
    SELECT w.project_id, w.week, unnest(w.bits)::bigint AS facet, unnest(w.ns) AS n, unnest(w.firsts) AS first, unnest(w.lasts) AS last
    FROM catalog.week_facets w;
CREATE OR REPLACE VIEW catalog.part_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.part, unnest(p.bits)::bigint AS facet, unnest(p.ns) AS n
    FROM catalog.part_facets p;
CREATE OR REPLACE VIEW catalog.all_week_counts WITH (security_invoker = true) AS
    SELECT w.week, unnest(w.bits)::bigint AS facet, unnest(w.ns) AS n
    FROM catalog.all_weeks w;
