-- Backups with their facet and pre-rendered document, replication records, vaults, enterprise-project grants.
BEGIN;

-- The low-cardinality columns of a row as one number that the sort indexes carry, so that a filter is checked inside
-- an index-only scan. Bits 0-2 status (in alphabetical order), 3 image type, 4-6 resource type, 7 dedicated cloud,
-- 8-9 incremental (0 null, 1 false, 2 true), 10 updated_at is null, 11 protected_at is null, 12-14 states of the member
-- records (pending, accepted, rejected), 15 shared with the project, 16 child of another backup, 17-19 zero, 20-63 a
-- hash of zone and enterprise project ("placement"). src/query/facet.hpp names the same bits; a test compares the two.
CREATE FUNCTION catalog.facet(
    status text, image_type text, resource_type text, dedicated_cloud boolean, incremental boolean,
    no_updated_at boolean, no_protected_at boolean, member_states smallint, shared boolean, child boolean,
    resource_az text, enterprise_project_id text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashtextextended(enterprise_project_id, coalesce(hashtextextended(resource_az, 0), 0)) << 20)
        | CASE status WHEN 'available' THEN 0 WHEN 'deleting' THEN 1 WHEN 'error' THEN 2 WHEN 'protecting' THEN 3
                      WHEN 'restoring' THEN 4 WHEN 'waiting_delete' THEN 5 WHEN 'waiting_protect' THEN 6 ELSE 7 END
        | CASE image_type WHEN 'backup' THEN 0 ELSE 8 END
        | CASE resource_type WHEN 'OS::Cinder::Volume' THEN 0 WHEN 'OS::Nova::Server' THEN 16
                             WHEN 'OS::Sfs::Turbo' THEN 32 WHEN 'OS::Workspace::DesktopV2' THEN 48
                             WHEN 'OS::Ironic::BareMetalServer' THEN 64 ELSE 80 END
        | CASE WHEN dedicated_cloud THEN 128 ELSE 0 END
        | CASE incremental WHEN false THEN 256 WHEN true THEN 512 ELSE 0 END
        | CASE WHEN no_updated_at THEN 1024 ELSE 0 END
        | CASE WHEN no_protected_at THEN 2048 ELSE 0 END
        | (member_states::bigint << 12)
        | CASE WHEN shared THEN 32768 ELSE 0 END
        | CASE WHEN child THEN 65536 ELSE 0 END;

-- Trimmed digits first: 1 us a row, where the regular expression of the same meaning costs 12.
CREATE FUNCTION catalog.is_project_id(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN length(value) BETWEEN 1 AND 64
        AND ltrim(value, '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-') = '';

-- An object on one line that begins with its first key, so that backup_document can put `incremental` in front of it;
-- which it therefore must not have itself.
CREATE FUNCTION catalog.is_extend_info(value json) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (value::text = '{}' OR starts_with(value::text, '{"'))
        AND strpos(value::text, E'\n') = 0 AND strpos(value::text, E'\r') = 0
        AND CASE WHEN strpos(value::text, '"incremental"') = 0 THEN true ELSE (value -> 'incremental') IS NULL END;

-- A time as the API writes it. Declared immutable, which to_char is not, because this format has no locale in it.
CREATE FUNCTION catalog.api_time(moment timestamptz) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN to_char(moment AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""');
END
$$;

-- The backup as the API shows it, all but replication_records; children come last, so that they can be filled in.
-- `incremental` is repeated inside extend_info, where older clients read it. One concat() of pieces without nested calls:
-- this runs for every row written, and costs 10 us in this form against 25 us with || and helper functions.
CREATE FUNCTION catalog.backup_document(
    id uuid, project_id text, checkpoint_id uuid, resource_id uuid, provider_id uuid, vault_id uuid, parent_id uuid,
    enterprise_project_id text, name text, description text, status text, image_type text, resource_type text,
    resource_name text, resource_size integer, resource_az text, created_at timestamptz, updated_at timestamptz,
    protected_at timestamptz, expired_at timestamptz, incremental boolean, version integer, extend_info json) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
#variable_conflict use_variable
DECLARE
    extension text := extend_info::text;
BEGIN
    RETURN concat('{"id":"', id, '","project_id":', to_json(project_id), ',"name":', to_json(name),
        ',"status":"', status, '","image_type":"', image_type, '","resource_type":"', resource_type,
        '","created_at":', to_char(created_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'),
        ',"updated_at":', coalesce(to_char(updated_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'), 'null'),
        ',"protected_at":', coalesce(to_char(protected_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'), 'null'),
        ',"expired_at":', coalesce(to_char(expired_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"\""'), 'null'),
        ',"checkpoint_id":"', checkpoint_id, '","resource_id":"', resource_id, '","resource_name":', to_json(resource_name),
        ',"resource_size":', resource_size, ',"resource_az":', coalesce(to_json(resource_az)::text, 'null'),
        ',"provider_id":"', provider_id, '","vault_id":', coalesce('"' || vault_id::text || '"', 'null'),
        ',"parent_id":', coalesce('"' || parent_id::text || '"', 'null'),
        ',"enterprise_project_id":', to_json(enterprise_project_id),
        ',"description":', coalesce(to_json(description)::text, 'null'),
        ',"incremental":', coalesce(incremental::text, 'null'), ',"version":', version,
        ',"extend_info":', CASE WHEN incremental IS NULL THEN extension
                                WHEN extension = '{}' THEN '{"incremental":' || incremental::text || '}'
                                ELSE concat('{"incremental":', incremental::text, ',', substr(extension, 2)) END,
        ',"children":[]}');
END
$$;

-- One row for each backup and project that may list it: the owner's own row (owner_project_id is null), which is the
-- backup, and a copy in each project that the backup is shared with, which triggers keep (see members.sql). Writers
-- write own rows only.
CREATE TABLE catalog.backups (
    project_id text COLLATE "C" NOT NULL CHECK (catalog.is_project_id(project_id)),
    id uuid NOT NULL,
    owner_project_id text COLLATE "C" CHECK (owner_project_id <> project_id),
    inherited boolean NOT NULL DEFAULT false CHECK (NOT inherited OR owner_project_id IS NOT NULL AND parent_id IS NOT NULL),
    member_states smallint NOT NULL DEFAULT 0 CHECK (member_states BETWEEN 0 AND 7),
    checkpoint_id uuid NOT NULL,
    resource_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    vault_id uuid CHECK (vault_id IS NOT NULL OR owner_project_id IS NOT NULL),
    parent_id uuid CHECK (parent_id <> id),
    enterprise_project_id text COLLATE "C" NOT NULL DEFAULT '0' CHECK (length(enterprise_project_id) BETWEEN 1 AND 255),
    name text COLLATE "C" NOT NULL CHECK (length(name) <= 255),
    description text COLLATE "C" CHECK (length(description) <= 255),
    status text COLLATE "C" NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'deleting', 'error', 'protecting',
        'restoring', 'waiting_delete', 'waiting_protect', 'waiting_restore')),
    image_type text COLLATE "C" NOT NULL DEFAULT 'backup' CHECK (image_type IN ('backup', 'replication')),
    resource_type text COLLATE "C" NOT NULL CHECK (resource_type IN ('OS::Cinder::Volume', 'OS::Nova::Server',
        'OS::Sfs::Turbo', 'OS::Workspace::DesktopV2', 'OS::Ironic::BareMetalServer', 'OS::Native::Server')),
    resource_name text COLLATE "C" NOT NULL DEFAULT '' CHECK (length(resource_name) <= 255),
    resource_size integer NOT NULL DEFAULT 0 CHECK (resource_size >= 0),
    resource_az text COLLATE "C" CHECK (length(resource_az) <= 255),
    dedicated_cloud boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL CHECK (created_at >= '0001-01-01 00:00:00+00' AND created_at < '10000-01-01 00:00:00+00'),
    updated_at timestamptz CHECK (updated_at >= '0001-01-01 00:00:00+00' AND updated_at < '10000-01-01 00:00:00+00'),
    protected_at timestamptz CHECK (protected_at >= '0001-01-01 00:00:00+00' AND protected_at < '10000-01-01 00:00:00+00'),
    expired_at timestamptz CHECK (expired_at >= '0001-01-01 00:00:00+00' AND expired_at < '10000-01-01 00:00:00+00'),
    incremental boolean,
    version integer NOT NULL DEFAULT 3,
    extend_info json NOT NULL DEFAULT '{}' CHECK (catalog.is_extend_info(extend_info)),
    replication_document text, -- the replication records as the API shows them; null where there are none
    -- Null times sort before every time; row comparison needs a value that is not null.
    updated_order timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(updated_at, '-infinity')) STORED,
    protected_order timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(protected_at, '-infinity')) STORED,
    facet bigint NOT NULL GENERATED ALWAYS AS (catalog.facet(status, image_type, resource_type, dedicated_cloud, incremental,
        updated_at IS NULL, protected_at IS NULL, member_states, owner_project_id IS NOT NULL, parent_id IS NOT NULL,
        resource_az, enterprise_project_id)) STORED,
    document text NOT NULL GENERATED ALWAYS AS (catalog.backup_document(id, coalesce(owner_project_id, project_id),
        checkpoint_id, resource_id, provider_id, vault_id, parent_id, enterprise_project_id, name, description, status,
        image_type, resource_type, resource_name, resource_size, resource_az, created_at, updated_at, protected_at,
        expired_at, incremental, version, extend_info)) STORED
) WITH (toast_tuple_target = 128, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05);
-- MAIN and lz4 keep the document in the row, which a page of 1,000 reads 1.8 times as fast as from a TOAST table.
ALTER TABLE catalog.backups ALTER COLUMN document SET STORAGE MAIN, ALTER COLUMN document SET COMPRESSION lz4,
    ALTER COLUMN extend_info SET STORAGE MAIN, ALTER COLUMN extend_info SET COMPRESSION lz4;

ALTER TABLE catalog.backups ADD CONSTRAINT backups_pkey PRIMARY KEY (project_id, id) INCLUDE (facet, vault_id, created_at);
CREATE UNIQUE INDEX backups_own_id ON catalog.backups (id) WHERE owner_project_id IS NULL;
CREATE INDEX backups_shared_id ON catalog.backups (id) WHERE owner_project_id IS NOT NULL;

-- The walks: one covering index for each sort key of a project's list.
CREATE INDEX backups_created ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id) WHERE parent_id IS NULL;
CREATE INDEX backups_updated ON catalog.backups (project_id, updated_order, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;
CREATE INDEX backups_protected ON catalog.backups (project_id, protected_order, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;
CREATE INDEX backups_name ON catalog.backups (project_id, name, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;

-- The drivers: few rows found by a selective filter.
CREATE INDEX backups_facet ON catalog.backups (project_id, facet, vault_id, id) INCLUDE (created_at) WHERE parent_id IS NULL;
CREATE INDEX backups_resource ON catalog.backups (project_id, resource_id, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;
CREATE INDEX backups_checkpoint ON catalog.backups (project_id, checkpoint_id, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;
CREATE INDEX backups_resource_name ON catalog.backups (project_id, resource_name, id)
    INCLUDE (facet, vault_id, created_at) WHERE parent_id IS NULL;
CREATE INDEX backups_parent ON catalog.backups (project_id, parent_id, created_at, id) WHERE parent_id IS NOT NULL;

CREATE TABLE catalog.replication_records (
    project_id text COLLATE "C" NOT NULL,
    backup_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0), -- the place in the backup's list
    id uuid NOT NULL,
    status text COLLATE "C" CHECK (status IN ('replicating', 'success', 'fail', 'skip', 'waiting_replicate')),
    created_at timestamptz CHECK (created_at >= '0001-01-01 00:00:00+00' AND created_at < '10000-01-01 00:00:00+00'),
    vault_id text COLLATE "C" CHECK (length(vault_id) <= 255),
    source_backup_id text COLLATE "C" CHECK (length(source_backup_id) <= 255),
    source_checkpoint_id text COLLATE "C" CHECK (length(source_checkpoint_id) <= 255),
    source_project_id text COLLATE "C" CHECK (length(source_project_id) <= 255),
    source_region text COLLATE "C" CHECK (length(source_region) <= 255),
    destination_backup_id text COLLATE "C" CHECK (length(destination_backup_id) <= 255),
    destination_checkpoint_id text COLLATE "C" CHECK (length(destination_checkpoint_id) <= 255),
    destination_project_id text COLLATE "C" CHECK (length(destination_project_id) <= 255),
    destination_region text COLLATE "C" CHECK (length(destination_region) <= 255),
    destination_vault_id text COLLATE "C" CHECK (length(destination_vault_id) <= 255),
    extra_info json CHECK (json_typeof(extra_info) = 'object'),
    PRIMARY KEY (project_id, backup_id, position),
    FOREIGN KEY (project_id, backup_id) REFERENCES catalog.backups (project_id, id) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED
);

-- One replication record as the API shows it. Inlined where it is called.
CREATE FUNCTION catalog.replication_item(
    id uuid, status text, created_at timestamptz, vault_id text, source_backup_id text, source_checkpoint_id text,
    source_project_id text, source_region text, destination_backup_id text, destination_checkpoint_id text,
    destination_project_id text, destination_region text, destination_vault_id text, extra_info json) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN '{"id":"' || id::text || '","status":' || coalesce('"' || status || '"', 'null')
        || ',"created_at":' || coalesce(catalog.api_time(created_at), 'null')
        || ',"vault_id":' || coalesce(to_json(vault_id)::text, 'null')
        || ',"source_backup_id":' || coalesce(to_json(source_backup_id)::text, 'null')
        || ',"source_checkpoint_id":' || coalesce(to_json(source_checkpoint_id)::text, 'null')
        || ',"source_project_id":' || coalesce(to_json(source_project_id)::text, 'null')
        || ',"source_region":' || coalesce(to_json(source_region)::text, 'null')
        || ',"destination_backup_id":' || coalesce(to_json(destination_backup_id)::text, 'null')
        || ',"destination_checkpoint_id":' || coalesce(to_json(destination_checkpoint_id)::text, 'null')
        || ',"destination_project_id":' || coalesce(to_json(destination_project_id)::text, 'null')
        || ',"destination_region":' || coalesce(to_json(destination_region)::text, 'null')
        || ',"destination_vault_id":' || coalesce(to_json(destination_vault_id)::text, 'null')
        || ',"extra_info":' || coalesce(btrim(translate(extra_info::text, E'\n\r\t', '   ')), 'null') || '}';

-- The replication records of one backup as the API shows them; null where there are none.
CREATE FUNCTION catalog.replication_document(of_project text, of_backup uuid) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT '[' || string_agg(catalog.replication_item(r.id, r.status, r.created_at, r.vault_id, r.source_backup_id,
                r.source_checkpoint_id, r.source_project_id, r.source_region, r.destination_backup_id,
                r.destination_checkpoint_id, r.destination_project_id, r.destination_region, r.destination_vault_id,
                r.extra_info), ',' ORDER BY r.position) || ']'
        FROM catalog.replication_records r WHERE r.project_id = of_project AND r.backup_id = of_backup);

CREATE FUNCTION catalog.replication_records_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
    UPDATE catalog.backups b SET replication_document = d.document
    FROM (SELECT c.project_id, c.backup_id, catalog.replication_document(c.project_id, c.backup_id) AS document
          FROM (SELECT DISTINCT project_id, backup_id FROM changed) c) d
    WHERE b.project_id = d.project_id AND b.id = d.backup_id AND b.replication_document IS DISTINCT FROM d.document;
    RETURN NULL;
END
$$;
CREATE TRIGGER inserted AFTER INSERT ON catalog.replication_records
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();
CREATE TRIGGER updated_new AFTER UPDATE ON catalog.replication_records
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();
CREATE TRIGGER updated_old AFTER UPDATE ON catalog.replication_records
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();
CREATE TRIGGER deleted AFTER DELETE ON catalog.replication_records
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.replication_records_changed();

CREATE TABLE catalog.vaults (
    project_id text COLLATE "C" NOT NULL CHECK (catalog.is_project_id(project_id)),
    id uuid NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL CHECK (length(name) <= 255),
    size bigint NOT NULL CHECK (size BETWEEN 0 AND 1000000000000), -- GB
    used bigint NOT NULL CHECK (used BETWEEN 0 AND 1000000000000000), -- MB
    PRIMARY KEY (project_id, id)
);

CREATE TABLE catalog.enterprise_project_grants (
    user_id text COLLATE "C" NOT NULL CHECK (length(user_id) BETWEEN 1 AND 255),
    enterprise_project_id text COLLATE "C" NOT NULL CHECK (length(enterprise_project_id) BETWEEN 1 AND 255),
    PRIMARY KEY (user_id, enterprise_project_id)
);

COMMIT;
