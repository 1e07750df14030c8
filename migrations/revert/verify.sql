BEGIN;

REVOKE EXECUTE ON FUNCTION catalog.shares_of(text[], uuid[]) FROM catalog_writer;
DROP FUNCTION IF EXISTS catalog.recount(text);
DROP FUNCTION IF EXISTS catalog.repair_backups(uuid[]);

COMMIT;
