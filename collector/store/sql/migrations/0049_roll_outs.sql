-- Programs for nodes as they were signed. number: of the version, rising (`firmware.wire.update`).
CREATE TABLE firmware_release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target text NOT NULL CHECK (target <> ''),
    number bigint NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    version text NOT NULL CHECK (version <> ''),
    head bytea NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64),
    manifest bytea NOT NULL,
    added timestamptz NOT NULL,
    added_by text NOT NULL CHECK (added_by <> ''),
    UNIQUE (target, number)
);
CREATE TRIGGER firmware_release_stays BEFORE UPDATE OR DELETE ON firmware_release
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The files of a release, by their place in its manifest.
CREATE TABLE firmware_file (
    release bigint NOT NULL REFERENCES firmware_release,
    file smallint NOT NULL CHECK (file BETWEEN 1 AND 96),
    path text NOT NULL CHECK (path <> ''),
    bytes bytea NOT NULL,
    PRIMARY KEY (release, file)
);
CREATE TRIGGER firmware_file_stays BEFORE UPDATE OR DELETE ON firmware_file
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A release on its way to nodes, ring after ring. ring: the last one that has begun; settled: since when
-- nothing of it is open. most_failures counts in the first two rings, most_share of a ring's nodes in the later.
CREATE TABLE roll_out (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release bigint NOT NULL REFERENCES firmware_release,
    state text NOT NULL CHECK (state IN ('running', 'halted', 'finished')),
    ring smallint NOT NULL DEFAULT 0,
    settled timestamptz,
    soak interval NOT NULL CHECK (soak >= '0'),
    unreachable_after interval NOT NULL CHECK (unreachable_after > '0'),
    most_failures integer NOT NULL CHECK (most_failures > 0),
    most_share double precision NOT NULL CHECK (most_share > 0 AND most_share <= 1),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> '')
);
CREATE INDEX roll_out_open ON roll_out (id) WHERE state <> 'finished';

-- What became of a roll-out. by: '' where it did so by itself.
CREATE TABLE roll_out_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    roll_out bigint NOT NULL REFERENCES roll_out,
    kind text NOT NULL CHECK (kind IN ('begun', 'ring', 'halted', 'resumed', 'finished', 'replaced')),
    at timestamptz NOT NULL,
    by text NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX roll_out_step_of ON roll_out_step (roll_out, id);
CREATE TRIGGER roll_out_step_stays BEFORE UPDATE OR DELETE ON roll_out_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A node of a roll-out. since: of the state; heard: its last word or ask about the update, in which boot;
-- command, told: the offer that it was given last; excused: a failure that somebody has taken note of.
CREATE TABLE roll_out_node (
    roll_out bigint NOT NULL REFERENCES roll_out,
    node text NOT NULL REFERENCES node,
    ring smallint NOT NULL CHECK (ring > 0),
    state text NOT NULL CHECK (state IN (
        'waiting', 'offered', 'taken', 'fetching', 'trial', 'unreachable',
        'kept', 'undone', 'failed', 'refused', 'gone', 'replaced')),
    since timestamptz NOT NULL,
    more jsonb,
    heard timestamptz,
    boot bigint,
    command bigint,
    told timestamptz,
    excused boolean NOT NULL DEFAULT false,
    PRIMARY KEY (roll_out, node)
);
CREATE INDEX roll_out_node_of ON roll_out_node (node, roll_out);
CREATE INDEX roll_out_node_state ON roll_out_node (roll_out, ring, state);

-- What a node said at its last start. config: start of the SHA-256 of its configuration; explained: whether
-- it is the one of before, or one was given since.
CREATE TABLE node_firmware (
    node text PRIMARY KEY REFERENCES node,
    version text NOT NULL,
    target text,
    config bytea CHECK (octet_length(config) = 4),
    explained boolean NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    received timestamptz NOT NULL
);
