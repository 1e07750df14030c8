-- The same as begin_request for a request that belongs to a trace: $4 (W3C traceparent) is the session's application_name
-- in this transaction, for pg_stat_activity and log_line_prefix. A comment in the SQL would be another text for each
-- request, and every statement here is prepared by its text.
SELECT unnest(g.ids) AS enterprise_project_id
FROM catalog.begin_request($1::text, $2::text, $3::boolean) AS g (ids), set_config('application_name', $4::text, true)
