BEGIN;

CREATE OR REPLACE FUNCTION catalog.member_state(status text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE status WHEN 'pending' THEN 1 WHEN 'accepted' THEN 2 ELSE 4 END;

COMMIT;
