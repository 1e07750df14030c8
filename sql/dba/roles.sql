-- Login roles with no more than their work needs, and nothing in the database for anybody else. Superuser, or the owner of
-- the database with CREATEROLE; after scripts/migrate; may be run again. Sets no passwords: \password ROLE does.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning; -- not what was so already
BEGIN;

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['catalog_service', 'catalog_import', 'catalog_monitor']) AS t (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- What a role of the same name may have had before.
ALTER ROLE catalog_service NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 200;
ALTER ROLE catalog_import NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 20;
ALTER ROLE catalog_monitor NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 5;

GRANT catalog_reader TO catalog_service; -- serve: bound by row-level security
GRANT catalog_writer TO catalog_import;  -- import, export, verify, retention
GRANT pg_monitor TO catalog_monitor;     -- the reports; sees no backups

-- A statement that hangs must not hold a snapshot, which vacuum waits for, for ever. serve sets its own, shorter one.
ALTER ROLE catalog_service SET statement_timeout = '60s';
ALTER ROLE catalog_service SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE catalog_service SET default_transaction_read_only = on;
ALTER ROLE catalog_monitor SET statement_timeout = '10min';
ALTER ROLE catalog_monitor SET lock_timeout = '2s';
ALTER ROLE catalog_monitor SET default_transaction_read_only = on;

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()),
       format('GRANT CONNECT ON DATABASE %I TO catalog_service, catalog_import, catalog_monitor', current_database()),
       format('GRANT TEMPORARY ON DATABASE %I TO catalog_import', current_database())
\gexec
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

COMMIT;

-- The result: each role, what it is a member of, and how many connections it may have.
SELECT r.rolname AS role,
       (SELECT string_agg(g.rolname, ', ' ORDER BY g.rolname)
        FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS member_of,
       r.rolconnlimit AS connections
FROM pg_roles r
WHERE r.rolname IN ('catalog_service', 'catalog_import', 'catalog_monitor')
ORDER BY 1;
