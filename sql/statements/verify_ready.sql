-- Whether the schema has what verify calls and reads.
SELECT to_regprocedure('catalog.repair_backups(uuid[])') IS NOT NULL AND to_regprocedure('catalog.recount(text)') IS NOT NULL
    AND to_regprocedure('catalog.recount_zones()') IS NOT NULL AND to_regprocedure('catalog.count_by_week(text)') IS NOT NULL
    AND to_regclass('catalog.part_counts') IS NOT NULL
    AND to_regprocedure('catalog.vault_week(uuid, timestamptz)') IS NOT NULL AND to_regclass('catalog.all_weeks') IS NOT NULL
    AND to_regclass('catalog.placements') IS NOT NULL
