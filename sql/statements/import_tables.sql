-- Where an import stages its records: private to its session, gone at the end of its transaction.
CREATE TEMPORARY TABLE stage_backups (
    project_id text COLLATE "C", id uuid, checkpoint_id uuid, resource_id uuid, provider_id uuid, vault_id uuid,
    parent_id uuid, enterprise_project_id text, name text, description text, status text, image_type text,
    resource_type text, resource_name text, resource_size integer, resource_az text, dedicated_cloud boolean,
    created_at timestamptz, updated_at timestamptz, protected_at timestamptz, expired_at timestamptz, incremental boolean,
    version integer, extend_info json, origin bigint
) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_replication_records (
    project_id text, backup_id uuid, position integer, id uuid, status text, created_at timestamptz, vault_id text,
    source_backup_id text, source_checkpoint_id text, source_project_id text, source_region text,
    destination_backup_id text, destination_checkpoint_id text, destination_project_id text, destination_region text,
    destination_vault_id text, extra_info json
) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_vaults (project_id text, id uuid, name text, size bigint, used bigint, origin bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE stage_members (
    id uuid, backup_id uuid, dest_project_id text, status text, vault_id uuid, created_at timestamptz,
    updated_at timestamptz, origin bigint
) ON COMMIT DROP;
-- Backups of a run that has a fault, and is not inserted any more; without a project: faulty ones.
CREATE TEMPORARY TABLE stage_checked (id uuid, project_id text COLLATE "C", origin bigint) ON COMMIT DROP;
CREATE INDEX ON stage_checked (id);
CREATE TEMPORARY TABLE stage_grants (user_id text, enterprise_project_id text, origin bigint) ON COMMIT DROP
