-- What the server does by itself with outputs, and how much water may flow (docs/control.md).

-- An output on at local times: start and finish as "06:30", days 1 Monday to 7 Sunday.
CREATE TABLE output_schedule (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    output smallint NOT NULL CHECK (output BETWEEN 0 AND 31),
    days smallint[] NOT NULL CHECK (cardinality(days) > 0),
    start text NOT NULL CHECK (start ~ '^[0-2][0-9]:[0-5][0-9]$'),
    finish text NOT NULL CHECK (finish ~ '^[0-2][0-9]:[0-5][0-9]$'),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    why text NOT NULL,
    ended timestamptz,
    ended_by text
);
CREATE INDEX output_schedule_node ON output_schedule (node) WHERE ended IS NULL;

-- What came of a schedule at a time: an order, or why there was none.
CREATE TABLE output_schedule_run (
    schedule bigint NOT NULL REFERENCES output_schedule,
    due timestamptz NOT NULL,
    given bigint REFERENCES output_order,
    refused text,
    PRIMARY KEY (schedule, due),
    CHECK (num_nulls(given, refused) = 1)
);

-- Outputs one after another; m3 is what it is to give, NULL where it follows no advice.
CREATE TABLE output_sequence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    m3 double precision CHECK (m3 > 0),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    why text NOT NULL,
    ended timestamptz,
    result text CHECK (result IN ('done', 'stopped')),
    reason text,
    CHECK ((ended IS NULL) = (result IS NULL))
);
CREATE UNIQUE INDEX output_sequence_open ON output_sequence (field) WHERE ended IS NULL;

-- after: 'end' waits until all before it ended well, 'on' until the one before it is on.
CREATE TABLE output_sequence_step (
    sequence bigint NOT NULL REFERENCES output_sequence,
    number smallint NOT NULL,
    node text NOT NULL REFERENCES node,
    output smallint NOT NULL CHECK (output BETWEEN 0 AND 31),
    seconds integer NOT NULL CHECK (seconds > 0),
    after text NOT NULL CHECK (after IN ('end', 'on')),
    given bigint REFERENCES output_order,
    PRIMARY KEY (sequence, number)
);

-- A person lets the server do what the advice says, on a field for a season's days.
CREATE TABLE advice_release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    first date NOT NULL,
    last date NOT NULL CHECK (last >= first),
    most_mm double precision NOT NULL CHECK (most_mm > 0 AND most_mm <= 300),
    at timestamptz NOT NULL,
    released_by text NOT NULL CHECK (released_by <> ''),
    why text NOT NULL,
    withdrawn timestamptz,
    withdrawn_by text
);
CREATE INDEX advice_release_field ON advice_release (field);

-- What flows while a valve is open, as somebody measured it; the newest counts.
CREATE TABLE output_flow (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    output smallint NOT NULL CHECK (output BETWEEN 0 AND 31),
    m3_h double precision NOT NULL CHECK (m3_h > 0 AND m3_h <= 1000),
    at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    why text NOT NULL
);
CREATE INDEX output_flow_newest ON output_flow (node, output, id DESC);

-- How much water a field may have in a season's days; of two for a day the newer counts.
CREATE TABLE water_allocation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    first date NOT NULL,
    last date NOT NULL CHECK (last >= first),
    m3 double precision NOT NULL CHECK (m3 > 0),
    at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    why text NOT NULL
);
CREATE INDEX water_allocation_field ON water_allocation (field);
