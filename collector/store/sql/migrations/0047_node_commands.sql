-- A key that a node was told to change to, until it says that it has.
CREATE TABLE node_key_next (
    node text PRIMARY KEY REFERENCES node,
    epoch integer NOT NULL CHECK (epoch > 0),
    encrypted bytea NOT NULL,
    made timestamptz NOT NULL
);

-- What a node is told to do. body: as it is sealed, encrypted, NULL where there is no argument; shown:
-- what of it may be seen. epoch: of the key that it is sealed under; a node that was enrolled anew since
-- is not told. result: what the node said last; answered: when that was its last word.
CREATE TABLE node_command (
    node text NOT NULL REFERENCES node,
    number bigint NOT NULL CHECK (number > 0),
    epoch integer NOT NULL,
    word text NOT NULL,
    body bytea,
    shown jsonb NOT NULL,
    made timestamptz NOT NULL,
    made_by text NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    times integer NOT NULL DEFAULT 0,
    result text,
    more jsonb,
    heard timestamptz,
    answered timestamptz,
    PRIMARY KEY (node, number)
);
CREATE INDEX node_command_waiting ON node_command (expires) WHERE answered IS NULL;

-- Messages that a node did not take, by its own count in the boot in which it said so last.
CREATE TABLE node_refused (
    node text NOT NULL REFERENCES node,
    reason text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    boot bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (node, reason)
);
