SELECT 1 / (catalog.member_state(NULL) IS NULL AND catalog.member_state('rejected') = 4)::integer;
