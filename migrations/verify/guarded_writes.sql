BEGIN;

SELECT 1 / (count(*) = 6)::integer FROM pg_proc
WHERE oid IN ('catalog.refuse_shares(text[], uuid[], text)'::regprocedure, 'catalog.refuse_truncation()'::regprocedure)
   OR oid IN ('catalog.members_changed()'::regprocedure, 'catalog.replication_records_changed()'::regprocedure)
      AND prosrc LIKE '%refuse_shares%'
   OR oid = 'catalog.shared_backups_changed()'::regprocedure AND prosrc LIKE '%replication_document%'
   OR oid = 'catalog.sync_shares(text[], uuid[])'::regprocedure AND prosrc LIKE '%transaction_isolation%';
SELECT 1 / (count(*) = 2)::integer FROM pg_trigger WHERE tgfoid = 'catalog.refuse_truncation()'::regprocedure;

ROLLBACK;
