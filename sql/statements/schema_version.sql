-- The version of the schema (migrations replace the function).
SELECT catalog.schema_version()
