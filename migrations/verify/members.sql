SELECT project_id, id, backup_id, dest_project_id, status, vault_id FROM catalog.members WHERE false;
SELECT owner_project_id, backup_id, dest_project_id, inherited, member_states, vault_id
FROM catalog.shares_of(ARRAY[]::text[], ARRAY[]::uuid[]);
