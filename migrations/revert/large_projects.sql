ALTER TABLE catalog.backups ALTER COLUMN project_id RESET (n_distinct);
ANALYZE catalog.backups (project_id);
