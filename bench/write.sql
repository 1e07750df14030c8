-- For pgbench, prepared: a backup begins and is done, two writes of a row, each a transaction of its own. Number, resource,
-- kind and place are drawn, so that the counters of several facets and vaults change.
\set n random(1, 281474976710655)
\set k random(0, 7)
\set r random(0, 999)
insert into catalog.backups (id, project_id, checkpoint_id, resource_id, provider_id, vault_id, enterprise_project_id, name,
    status, resource_type, resource_name, resource_size, resource_az, created_at, incremental, extend_info)
values (('00000000-0000-4000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid, :project, gen_random_uuid(),
    ('00000000-0000-4000-9000-' || lpad(:r::text, 12, '0'))::uuid, :provider::uuid, (:vaults::uuid[])[1 + :k::int % cardinality(:vaults::uuid[])], '0', 'autobk_' || right(to_hex(:n::bigint), 4),
    'protecting', case when :k::int < 3 then 'OS::Cinder::Volume' else 'OS::Nova::Server' end, 'writer', 40,
    (:zones::text[])[1 + :k::int % cardinality(:zones::text[])], now(), :k::int > 0, '{"auto_trigger": true, "progress": 0}');
update catalog.backups set status = case when :k::int = 7 then 'error' else 'available' end, updated_at = now(), protected_at = now(),
    extend_info = '{"auto_trigger": true, "progress": 100}'
where project_id = :project and id = ('00000000-0000-4000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid;
