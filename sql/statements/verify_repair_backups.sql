SELECT catalog.repair_backups($1::uuid[])
