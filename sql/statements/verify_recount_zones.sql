SELECT catalog.recount_zones(), catalog.recount_placements(), catalog.count_all_weeks()
