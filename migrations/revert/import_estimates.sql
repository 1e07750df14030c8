DROP FUNCTION IF EXISTS catalog.mend_estimates();
