-- Outputs of nodes: what they were ordered, what they said, and who may switch what (docs/control.md).

-- A node that has outputs, as it spoke last. seq: the greatest number of an order that was given it, or that
-- it named; taken: the greatest that it has taken. epoch, boot: its newest start that was heard of, and of
-- that start: uptime [s] as it said last and when that came in; next_k: the number of its next state; whole:
-- all states before this number are here or given up; lost: how many were given up; gap_since: since when
-- one is wanted. said: all outputs at said_uptime and said_k, as arrays [output, on, left, by, hold, used].
-- asked: when, and how often for the same, it was asked what it is doing.
CREATE TABLE output_node (
    node text PRIMARY KEY REFERENCES node,
    seq bigint NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0,
    epoch integer,
    boot bigint,
    uptime bigint,
    received timestamptz,
    next_k bigint NOT NULL DEFAULT 0,
    whole bigint NOT NULL DEFAULT 0,
    lost bigint NOT NULL DEFAULT 0,
    said jsonb,
    said_k bigint,
    said_uptime bigint,
    said_at timestamptz,
    gap_since timestamptz,
    asked timestamptz,
    asked_times integer NOT NULL DEFAULT 0
);

-- What was wanted of outputs. The id travels and is never used twice, also not by a database that was
-- restored: it is drawn by lot; place says which came first. valid_until: when it lapses if the node has not begun it. epoch, boot, seq and
-- until [s of the node's uptime]: as it was sent last. result: NULL until the node answers.
CREATE TABLE output_order (
    id bigint PRIMARY KEY CHECK (id > 0 AND id < 4503599627370496),
    place bigint GENERATED ALWAYS AS IDENTITY,
    node text NOT NULL REFERENCES node,
    act text NOT NULL CHECK (act IN ('on', 'off', 'all_off', 'auto')),
    output smallint CHECK (output BETWEEN 0 AND 31),
    seconds integer CHECK (seconds > 0),
    hold boolean,
    made timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    source text NOT NULL CHECK (source IN ('person', 'schedule', 'sequence')),
    why text NOT NULL,
    valid_until timestamptz NOT NULL,
    epoch integer,
    boot bigint,
    seq bigint,
    until bigint,
    sent timestamptz,
    times integer NOT NULL DEFAULT 0,
    result text CHECK (result IN ('accepted', 'refused', 'withdrawn')),
    reason text,
    answered timestamptz,
    CHECK ((act = 'on') = (seconds IS NOT NULL)),
    CHECK (act = 'all_off' OR act = 'auto' OR output IS NOT NULL)
);
CREATE INDEX output_order_of_node ON output_order (node, made);
CREATE INDEX output_order_waiting ON output_order (node, valid_until) WHERE answered IS NULL;
CREATE INDEX output_order_on ON output_order (made) WHERE act = 'on';

-- What nodes said of their outputs, each state once, as it travelled: docs/control.md names the words.
CREATE TABLE output_state (
    node text NOT NULL REFERENCES node,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    k bigint NOT NULL,
    uptime bigint NOT NULL,
    output smallint,
    state text NOT NULL,
    by bigint NOT NULL,
    more jsonb,
    received timestamptz NOT NULL,
    PRIMARY KEY (node, epoch, boot, k)
);
CREATE INDEX output_state_by ON output_state (by) WHERE by > 0;
CREATE INDEX output_state_received ON output_state (node, received);

-- Who is on a place's list: may switch all of it off, and with the permission switch it.
CREATE TABLE control_list (
    field text NOT NULL REFERENCES field,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    since timestamptz NOT NULL,
    listed_by text NOT NULL CHECK (listed_by <> ''),
    PRIMARY KEY (field, person)
);
CREATE INDEX control_list_person ON control_list (person);
