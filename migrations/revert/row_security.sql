BEGIN;
DO $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'catalog' LOOP
        EXECUTE format('DROP POLICY %I ON catalog.%I', p.policyname, p.tablename);
        EXECUTE format('ALTER TABLE catalog.%I DISABLE ROW LEVEL SECURITY', p.tablename);
    END LOOP;
END
$$;
REVOKE ALL ON ALL TABLES IN SCHEMA catalog FROM catalog_reader, catalog_writer;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA catalog FROM catalog_reader, catalog_writer;
DROP FUNCTION catalog.begin_request(text, text, boolean);
DROP FUNCTION catalog.permitted_placements();
COMMIT;
