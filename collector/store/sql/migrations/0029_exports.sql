-- Exports --------------------------------------------------------------------------------------

-- Files that are made in the background. tab, kind, first, last, county, language: what is asked for;
-- within: where the person might read then, [level, scope] each; attempt: counts those who began to
-- write it, so that only the last of them is heard; total: rows there are, once they are counted, and
-- done of them; reason: why it failed; expires: when the file goes. Times are the machine's own.
CREATE TABLE export_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    asked timestamptz NOT NULL,
    tab text NOT NULL,
    kind text NOT NULL,
    first date NOT NULL,
    last date NOT NULL CHECK (first <= last),
    county text NOT NULL,
    within jsonb NOT NULL,
    language text NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'removed')),
    attempt smallint NOT NULL DEFAULT 0,
    total bigint,
    done bigint NOT NULL DEFAULT 0,
    bytes bigint,
    reason text,
    expires timestamptz,
    CHECK ((state = 'failed') = (reason IS NOT NULL)),
    CHECK (state <> 'ready' OR (bytes IS NOT NULL AND expires IS NOT NULL))
);
CREATE INDEX export_request_person ON export_request (person, id DESC);
CREATE INDEX export_request_open ON export_request (id)
    WHERE state IN ('waiting', 'running', 'ready');
