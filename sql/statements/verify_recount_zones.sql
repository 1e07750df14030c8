SELECT catalog.recount_zones(), catalog.count_all_weeks()
