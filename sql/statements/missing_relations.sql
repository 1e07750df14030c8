-- Which of the schema's tables, views and indexes, whose names are $1, are not there or can't be used.
SELECT string_agg(needed.name, ', ' ORDER BY needed.name)
FROM unnest($1::text[]) needed (name)
LEFT JOIN pg_class c ON c.relname = needed.name AND c.relnamespace = to_regnamespace('catalog')
LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.oid IS NULL OR NOT i.indisvalid OR NOT i.indisready
