-- The schema, and the two group roles that DBAs grant to their login roles.
BEGIN;

DO $$
BEGIN
    -- Roles belong to the cluster, not to this database: another catalog on it may have made them already.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_reader') THEN
        CREATE ROLE catalog_reader NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_writer') THEN
        CREATE ROLE catalog_writer NOLOGIN;
    END IF;
END
$$;

CREATE SCHEMA catalog;
GRANT USAGE ON SCHEMA catalog TO catalog_reader, catalog_writer;

-- The service compares this with the version it was built for; each migration that it must know of replaces it.
CREATE FUNCTION catalog.schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;

COMMIT;
