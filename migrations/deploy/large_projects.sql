-- Plans are made for a project of a tenth of the catalog. They hold for every project, so the planner takes the average one:
-- where most have a handful of backups, it expects one row of a project within a time range, thinks the index of the order
-- as good as that of resources, and reads all that a large project has in the range. (n_distinct: ALTER
-- TABLE, attribute options. A project that is thought too large costs nothing: each statement has one index that fits best.)
-- Neither readers nor writers wait.
ALTER TABLE catalog.backups ALTER COLUMN project_id SET (n_distinct = 10);
ANALYZE catalog.backups (project_id);
