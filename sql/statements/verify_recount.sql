SELECT catalog.recount($1::text), catalog.recount_placements()
