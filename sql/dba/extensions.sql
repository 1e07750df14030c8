-- What the reports need of PostgreSQL's own extensions. Superuser, once in the catalog's database; pg_stat_statements also
-- needs shared_preload_libraries = 'pg_stat_statements' and a restart.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pgstattuple WITH SCHEMA public;
