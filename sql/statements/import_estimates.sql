-- The planner must not take the table for empty (migrations/deploy/import_estimates.sql; a schema may be without it).
DO $$
BEGIN
    IF to_regprocedure('catalog.mend_estimates()') IS NOT NULL THEN
        PERFORM catalog.mend_estimates();
    END IF;
END
$$
