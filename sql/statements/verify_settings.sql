-- For the rest of the transaction: each part is looked up by index, however large the catalog is and whatever the planner
-- knows of it, with plans that are made once.
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB'
