-- A project's newest backups. Times as text: most languages' own types would lose digits. (Unqualified, the order would be that text.)
select id, project_id, name, status, image_type, resource_type,
    to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as created_at,
    to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as updated_at,
    to_char(protected_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as protected_at,
    to_char(expired_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as expired_at,
    checkpoint_id, resource_id, resource_name, resource_size, resource_az, provider_id, vault_id, parent_id,
    enterprise_project_id, description, incremental, version, extend_info,
    coalesce(replication_document, '[]')::json as replication_records
from catalog.backups b
where project_id = $1 and owner_project_id is null and parent_id is null
order by b.created_at desc, b.id desc
limit $2
