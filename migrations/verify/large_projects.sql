BEGIN;

SELECT 1 / count(*) FROM pg_attribute
WHERE attrelid = 'catalog.backups'::regclass AND attname = 'project_id' AND attoptions = '{n_distinct=10}';

ROLLBACK;
