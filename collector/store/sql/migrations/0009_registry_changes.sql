-- What the registry needs at ten thousand nodes, and for devices that are taken away.

-- A season sown into the standing crop before it says so, as its file does.
ALTER TABLE season ADD COLUMN relay boolean NOT NULL DEFAULT false;

-- The version of the registry that last changed a node, its keys or what its channels serve: a
-- reader that has an earlier version reads these nodes and no others.
ALTER TABLE node ADD COLUMN changed bigint NOT NULL DEFAULT 0;

-- A key is retired when a later epoch took over, and revoked when its node was taken away: frames
-- sealed before an orderly re-enrolment may still be worth something, those of a revoked key not.
ALTER TABLE node_key ADD COLUMN revoked boolean NOT NULL DEFAULT false;
ALTER TABLE node_key ADD CHECK (NOT revoked OR retired IS NOT NULL);

CREATE TABLE revocation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    revoked_by text NOT NULL
);
CREATE INDEX revocation_node ON revocation (node, at);

CREATE INDEX assignment_channel ON assignment (node, channel);
