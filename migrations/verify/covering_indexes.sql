BEGIN;

SELECT 1 / (count(*) = 8)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid IN (
    coalesce(to_regclass('catalog.backups_by_created'), to_regclass('catalog.backups_in_created_order')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_by_updated'), to_regclass('catalog.backups_in_updated_order')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_by_protected'), to_regclass('catalog.backups_in_protected_order')), -- filtered_orders
    coalesce(to_regclass('catalog.backups_by_name'), to_regclass('catalog.backups_in_name_order')), -- filtered_orders
    'catalog.backups_of_facet'::regclass,
    'catalog.backups_of_resource'::regclass,
    'catalog.backups_of_checkpoint'::regclass,
    'catalog.backups_of_parent'::regclass);
SELECT 1 / (count(*) = 0)::integer FROM pg_class WHERE relnamespace = 'catalog'::regnamespace AND relname IN (
    'backups_created',
    'backups_updated',
    'backups_protected',
    'backups_name',
    'backups_facet',
    'backups_resource_order',
    'backups_checkpoint',
    'backups_resource_name',
    'backups_parent');

ROLLBACK;
