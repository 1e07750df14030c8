SELECT catalog.recount($1::text)
