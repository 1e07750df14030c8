-- How many backups a project has, from the counters that the schema keeps: what a team that knows them would ask.
select coalesce(sum(n), 0)::int as n from (
    select n from catalog.project_counts where project_id = $1 and not shared
    union all
    select n from catalog.count_deltas where project_id = $1 and facet & 98304 = 0
) c
