-- What is wrong in the rows of project $1 with the ids from $2 to $3: kind, key, is, should be, id of the backup.
WITH part AS NOT MATERIALIZED (
    SELECT b.* FROM catalog.backups b WHERE b.project_id = $1::text AND b.id >= $2::uuid AND b.id <= $3::uuid
), compared AS MATERIALIZED ( -- each copy, and what it must be: null where it must not be
    SELECT s.project_id, s.id, s.owner_project_id, has.columns AS has, must.columns AS must
    FROM (SELECT p.* FROM part p OFFSET 0) s
    LEFT JOIN LATERAL catalog.shares_of(ARRAY[s.owner_project_id], ARRAY[s.id]) v ON v.dest_project_id = s.project_id
    LEFT JOIN catalog.backups o
        ON o.project_id = v.owner_project_id AND o.id = v.backup_id AND o.owner_project_id IS NULL
    CROSS JOIN LATERAL (SELECT (to_jsonb(s) || jsonb_build_object('extend_info', s.extend_info::text))
                               - ARRAY['document', 'facet', 'updated_order', 'protected_order'] AS columns OFFSET 0) has
    CROSS JOIN LATERAL (SELECT CASE WHEN o.id IS NOT NULL THEN
                                   (to_jsonb(o) || jsonb_build_object('extend_info', o.extend_info::text,
                                       'project_id', v.dest_project_id, 'owner_project_id', v.owner_project_id,
                                       'inherited', v.inherited, 'member_states', v.member_states, 'vault_id', v.vault_id))
                                   - ARRAY['document', 'facet', 'updated_order', 'protected_order']
                               END AS columns OFFSET 0) must
    WHERE s.owner_project_id IS NOT NULL AND has.columns IS DISTINCT FROM must.columns
)
-- Columns that follow from others of the row, from replication records and from member records.
SELECT c.kind, 'backup ' || r.id || ' of project ' || r.project_id, c.value, c.wanted, r.id
FROM (SELECT p.*,
             catalog.backup_document(p.id, coalesce(p.owner_project_id, p.project_id), p.checkpoint_id, p.resource_id,
                 p.provider_id, p.vault_id, p.parent_id, p.enterprise_project_id, p.name, p.description, p.status,
                 p.image_type, p.resource_type, p.resource_name, p.resource_size, p.resource_az, p.created_at, p.updated_at,
                 p.protected_at, p.expired_at, p.incremental, p.version, p.extend_info) AS right_document,
             catalog.facet(p.status, p.image_type, p.resource_type, p.dedicated_cloud, p.incremental,
                 p.updated_at IS NULL, p.protected_at IS NULL, p.member_states, p.owner_project_id IS NOT NULL,
                 p.parent_id IS NOT NULL, p.resource_az, p.enterprise_project_id) AS right_facet,
             CASE WHEN p.owner_project_id IS NOT NULL THEN p.replication_document -- a copy is compared with its backup
                  WHEN EXISTS (SELECT FROM catalog.replication_records r
                               WHERE r.project_id = p.project_id AND r.backup_id = p.id)
                  THEN catalog.replication_document(p.project_id, p.id) END AS right_replication_document,
             CASE WHEN p.owner_project_id IS NOT NULL THEN p.member_states
                  ELSE coalesce((SELECT bit_or(catalog.member_state(m.status)) FROM catalog.members m
                                 WHERE m.project_id = p.project_id AND m.backup_id = p.id), 0::smallint)
             END AS right_member_states
      FROM part p OFFSET 0) r
CROSS JOIN LATERAL (VALUES
    ('document', r.document, r.right_document),
    ('facet', r.facet::text, r.right_facet::text),
    ('updated_order', r.updated_order::text, coalesce(r.updated_at, '-infinity')::text),
    ('protected_order', r.protected_order::text, coalesce(r.protected_at, '-infinity')::text),
    ('replication_document', r.replication_document, r.right_replication_document),
    ('member_states', r.member_states::text, r.right_member_states::text)) c (kind, value, wanted)
WHERE (r.document, r.facet, r.updated_order, r.protected_order, r.replication_document, r.member_states)
    IS DISTINCT FROM (r.right_document, r.right_facet, coalesce(r.updated_at, '-infinity'),
                      coalesce(r.protected_at, '-infinity'), r.right_replication_document, r.right_member_states)
  AND c.value IS DISTINCT FROM c.wanted
UNION ALL
SELECT 'copy_left_over', 'backup ' || d.id || ' of project ' || d.owner_project_id || ' in project ' || d.project_id,
       'there', 'not there', d.id
FROM compared d WHERE d.must IS NULL
UNION ALL
SELECT 'copy_different', has.name || ' of backup ' || d.id || ' of project ' || d.owner_project_id || ' in project '
           || d.project_id, has.value, must.value, d.id
FROM compared d
CROSS JOIN LATERAL jsonb_each_text(d.has) has (name, value)
JOIN LATERAL jsonb_each_text(d.must) must (name, value) ON must.name = has.name
WHERE has.value IS DISTINCT FROM must.value
UNION ALL
SELECT 'copy_missing', 'backup ' || v.backup_id || ' of project ' || v.owner_project_id || ' in project ' || v.dest_project_id,
       'not there', 'there', v.backup_id
FROM (SELECT p.project_id, p.id, p.owner_project_id, p.parent_id FROM part p OFFSET 0) b
CROSS JOIN LATERAL catalog.shares_of(ARRAY[b.project_id], ARRAY[b.id]) v
WHERE b.owner_project_id IS NULL
  AND (EXISTS (SELECT FROM catalog.members m WHERE m.project_id = b.project_id AND m.backup_id = b.id)
       OR b.parent_id IS NOT NULL
          AND EXISTS (SELECT FROM catalog.members m WHERE m.project_id = b.project_id AND m.backup_id = b.parent_id))
  AND NOT EXISTS (SELECT FROM catalog.backups s WHERE s.project_id = v.dest_project_id AND s.id = v.backup_id
                  AND s.owner_project_id = v.owner_project_id)
