SELECT 1 / (count(*) = 1)::integer FROM pg_index WHERE indisvalid AND indisready AND indexrelid = 'catalog.backups_texts'::regclass;
