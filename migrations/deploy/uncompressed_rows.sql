-- Rows up to half a page stay as they are; only longer ones are compressed. A quarter of all rows is a little longer than the
-- 2 kB from which PostgreSQL compresses (chapter 73.2), and each of their documents had to be uncompressed for every page
-- that shows it. Holds for rows that are written from now on. (The lock lets readers and writers go on.)
BEGIN;

ALTER TABLE catalog.backups SET (toast_tuple_target = 4080);

COMMIT;
