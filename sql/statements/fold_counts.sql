SELECT catalog.fold_counts()
