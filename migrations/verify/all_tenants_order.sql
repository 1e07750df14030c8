BEGIN;

SELECT 1 / (count(*) = 5)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    coalesce(to_regclass('catalog.backups_all_by_created'), to_regclass('catalog.backups_all_created')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_all_by_updated'), to_regclass('catalog.backups_all_updated')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_all_by_protected'), to_regclass('catalog.backups_all_protected')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_all_by_name'), to_regclass('catalog.backups_all_name')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_unique_id'), to_regclass('catalog.backups_all_id'))); -- narrow_indexes
SELECT 1 / (count(*) = 0)::integer FROM pg_class WHERE relnamespace = 'catalog'::regnamespace AND relname IN (
    'backups_own_id');

ROLLBACK;
