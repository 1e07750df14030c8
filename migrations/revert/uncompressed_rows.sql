BEGIN;

ALTER TABLE catalog.backups SET (toast_tuple_target = 128);

COMMIT;
