SELECT 1 / (pg_get_functiondef('catalog.replication_records_changed()'::regprocedure) LIKE '%FOR NO KEY UPDATE%')::integer;
