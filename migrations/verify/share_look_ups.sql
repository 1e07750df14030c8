SELECT 1 / (count(*) = 2)::integer FROM pg_proc
WHERE oid = 'catalog.shares_of(text[], uuid[])'::regprocedure AND prosrc LIKE '%OFFSET 0) m%'
   OR oid = 'catalog.sync_shares(text[], uuid[])'::regprocedure AND prosrc LIKE '%has.member_states <> m.states%';
