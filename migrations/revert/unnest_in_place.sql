CREATE OR REPLACE VIEW catalog.facet_counts WITH (security_invoker = true) AS
    SELECT p.project_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.project_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n);
CREATE OR REPLACE VIEW catalog.vault_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.vault_id, u.facet, u.resource_az, p.enterprise_project_id, u.n
    FROM catalog.vault_facets p CROSS JOIN LATERAL unnest(p.facets, p.zones, p.ns) AS u (facet, resource_az, n);
CREATE OR REPLACE VIEW catalog.zone_counts WITH (security_invoker = true) AS
    SELECT z.resource_az, u.bits::bigint AS facet, u.n
    FROM catalog.zone_facets z CROSS JOIN LATERAL unnest(z.bits, z.ns) AS u (bits, n);
CREATE OR REPLACE VIEW catalog.week_counts WITH (security_invoker = true) AS
    SELECT w.project_id, w.week, u.bits::bigint AS facet, u.n, u.first, u.last
    FROM catalog.week_facets w CROSS JOIN LATERAL unnest(w.bits, w.ns, w.firsts, w.lasts) AS u (bits, n, first, last);
CREATE OR REPLACE VIEW catalog.part_counts WITH (security_invoker = true) AS
    SELECT p.project_id, p.part, u.bits::bigint AS facet, u.n
    FROM catalog.part_facets p CROSS JOIN LATERAL unnest(p.bits, p.ns) AS u (bits, n);
CREATE OR REPLACE VIEW catalog.all_week_counts WITH (security_invoker = true) AS
    SELECT w.week, u.bits::bigint AS facet, u.n
    FROM catalog.all_weeks w CROSS JOIN LATERAL unnest(w.bits, w.ns) AS u (bits, n);
