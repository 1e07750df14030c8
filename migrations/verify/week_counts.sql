SELECT project_id, week, facet, n FROM catalog.week_counts WHERE false;
SELECT project_id, bits, facet FROM catalog.facets_by_bits WHERE false;
SELECT own, shared FROM catalog.week_facets WHERE false;
SELECT by_week FROM catalog.project_counts WHERE false;
SELECT week FROM catalog.count_deltas WHERE false;
SELECT 1 / (count(*) = 3)::integer FROM (VALUES ('catalog.week_of(timestamptz)'), ('catalog.counted_by_week_from()'),
    ('catalog.count_by_week(text)')) f (signature) WHERE to_regprocedure(signature) IS NOT NULL;
SELECT 1 / (to_regclass('catalog.count_deltas_waited_for') IS NULL)::integer;
