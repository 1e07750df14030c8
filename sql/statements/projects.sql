-- Every project that has rows, for a call over all projects.
SELECT c.project_id FROM catalog.facet_counts c
UNION
SELECT d.project_id FROM catalog.count_deltas d
