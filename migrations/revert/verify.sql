BEGIN;

REVOKE EXECUTE ON FUNCTION catalog.shares_of(text[], uuid[]) FROM catalog_writer;
DROP FUNCTION catalog.recount(text);
DROP FUNCTION catalog.repair_backups(uuid[]);

COMMIT;
