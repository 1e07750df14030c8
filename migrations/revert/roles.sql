BEGIN;

DROP FUNCTION catalog.schema_version();
DROP SCHEMA catalog;

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['catalog_reader', 'catalog_writer'] LOOP
        BEGIN
            EXECUTE format('DROP ROLE %I', role_name);
        EXCEPTION WHEN dependent_objects_still_exist THEN
            RAISE NOTICE 'role % is still used by another database of this cluster and stays', role_name;
        END;
    END LOOP;
END
$$;

COMMIT;
