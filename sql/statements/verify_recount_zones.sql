SELECT catalog.recount_zones()
