-- Deletes backups that expired before a moment, with their children, shares and replication records, in batches of a
-- bounded size, each a transaction of its own. catalog_import. Reads the table once to find them. May be ended at any
-- moment and run again: what is gone is gone, the rest is found again.
--   psql -v before="2026-01-01T00:00:00Z" -v batch=1000 -v pause=0.1 -f sql/dba/retention.sql URL
-- before: with a time zone; batch: backups a transaction; pause: seconds between two; dry_run=1: counts only.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?batch} \else \set batch 1000 \endif
\if :{?pause} \else \set pause 0.1 \endif
\if :{?dry_run} \else \set dry_run 0 \endif
\if :{?before}
\else
    \warn 'retention.sql: say before when: -v before=2026-01-01T00:00:00Z'
    DO $$ BEGIN RAISE EXCEPTION 'nothing was deleted'; END $$;
\endif
\o /dev/null
SELECT set_config('retention.before', :'before'::timestamptz::text, false),
       set_config('retention.batch', :'batch'::integer::text, false),
       set_config('retention.pause', :'pause'::float8::text, false),
       set_config('retention.dry_run', :'dry_run'::integer::text, false);
\o
-- Shares are written in no other level (docs/dba.md, writers of your own).
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;

CREATE TEMPORARY TABLE expired AS
SELECT row_number() OVER (ORDER BY project_id, id) AS n, project_id, id
FROM catalog.backups
WHERE owner_project_id IS NULL AND parent_id IS NULL AND expired_at < current_setting('retention.before')::timestamptz;
CREATE UNIQUE INDEX ON expired (n);
ANALYZE expired;
CREATE TEMPORARY TABLE retention_result (expired bigint, deleted bigint, children bigint, batches bigint);
INSERT INTO retention_result SELECT count(*), 0, 0, 0 FROM expired;

DO $$
DECLARE
    size constant integer := current_setting('retention.batch')::integer;
    moment constant timestamptz := current_setting('retention.before')::timestamptz;
    total bigint;
    first bigint := 1;
    gone_projects text[];
    gone_ids uuid[];
    with_parents bigint;
BEGIN
    IF size NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'batch: % is not allowed; allowed: 1 to 100000', size;
    END IF;
    IF moment > now() THEN
        RAISE EXCEPTION 'before: % lies in the future', moment;
    END IF;
    SELECT expired INTO total FROM retention_result;
    IF current_setting('retention.dry_run')::integer <> 0 THEN
        RETURN;
    END IF;
    WHILE first <= total LOOP
        -- Asked again: an expiry may have been put off since.
        WITH gone AS (
            DELETE FROM catalog.backups b USING expired e
            WHERE e.n >= first AND e.n < first + size AND b.project_id = e.project_id AND b.id = e.id
              AND b.owner_project_id IS NULL AND b.expired_at < moment
            RETURNING b.project_id, b.id)
        SELECT array_agg(project_id), array_agg(id) INTO gone_projects, gone_ids FROM gone;
        with_parents := 0;
        IF gone_ids IS NOT NULL THEN
            DELETE FROM catalog.backups b USING unnest(gone_projects, gone_ids) AS p (project_id, id)
            WHERE b.project_id = p.project_id AND b.parent_id = p.id AND b.owner_project_id IS NULL;
            GET DIAGNOSTICS with_parents = ROW_COUNT;
        END IF;
        UPDATE retention_result SET deleted = deleted + coalesce(cardinality(gone_ids), 0),
            children = children + with_parents, batches = batches + 1;
        COMMIT;
        first := first + size;
        PERFORM pg_sleep(current_setting('retention.pause')::float8);
    END LOOP;
END
$$;

SELECT expired, deleted, children, batches FROM retention_result;
