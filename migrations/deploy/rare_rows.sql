-- Indexes of what few backups are: not available, shared with others, of others, without a time. A filter on one of these
-- finds its rows there at once, in whichever order they are sorted then; their facets are hundreds in a large project, each
-- with its own look-up. Backups of others have every order: a list of them alone is walked. Few rows, little to write.
-- Statuses and sharing states come first, so that calls over all tenants are served, too.
-- Without a transaction, because CONCURRENTLY keeps writers going; what a failed run left is removed first.
SET lock_timeout = 0; -- CONCURRENTLY waits for the end of older transactions, and nobody waits behind it
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_status;
CREATE INDEX CONCURRENTLY backups_of_status ON catalog.backups (status, project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND status <> 'available';
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_members;
CREATE INDEX CONCURRENTLY backups_of_members ON catalog.backups (member_states, project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NULL AND member_states <> 0;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_created_order;
CREATE INDEX CONCURRENTLY backups_of_others_in_created_order ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_updated_order;
CREATE INDEX CONCURRENTLY backups_of_others_in_updated_order ON catalog.backups (project_id, updated_order, id)
    INCLUDE (facet, vault_id, created_at, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_protected_order;
CREATE INDEX CONCURRENTLY backups_of_others_in_protected_order ON catalog.backups (project_id, protected_order, id)
    INCLUDE (facet, vault_id, created_at, updated_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_name_order;
CREATE INDEX CONCURRENTLY backups_of_others_in_name_order ON catalog.backups (project_id, name, id)
    INCLUDE (facet, vault_id, created_at, updated_order, protected_order)
    WHERE parent_id IS NULL AND owner_project_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_of_others_in_id_order;
CREATE INDEX CONCURRENTLY backups_of_others_in_id_order ON catalog.backups (project_id, id)
    INCLUDE (facet, vault_id, created_at, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND owner_project_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_updated_at;
CREATE INDEX CONCURRENTLY backups_without_updated_at ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND updated_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS catalog.backups_without_protected_at;
CREATE INDEX CONCURRENTLY backups_without_protected_at ON catalog.backups (project_id, created_at, id)
    INCLUDE (facet, vault_id, updated_order, protected_order, name)
    WHERE parent_id IS NULL AND protected_at IS NULL;
