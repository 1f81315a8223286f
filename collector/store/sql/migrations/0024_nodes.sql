-- Work on nodes ------------------------------------------------------------------------------

-- What technicians did with a node. at: when it was done, as they say; received: when it was sent,
-- later where there was no coverage. longitude and latitude (WGS 84): where the node stands since.
CREATE TABLE node_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    kind text NOT NULL CHECK (kind IN (
        'signed_off', 'replaced', 'replaces', 'probe_replaced', 'moved', 'retired', 'revoked')),
    at timestamptz NOT NULL,
    received timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    name text NOT NULL CHECK (name <> ''),
    note text NOT NULL,
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    detail jsonb NOT NULL DEFAULT '{}',
    CHECK ((longitude IS NULL) = (latitude IS NULL))
);
CREATE INDEX node_event_node ON node_event (node, at DESC, id DESC);

-- Why a node began anew, as it says itself; torn: bytes of its outbox that a loss of power spoiled.
CREATE TABLE node_boot (
    node text NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    cause text NOT NULL,
    torn bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (node, epoch, boot)
);

-- Who is to look after an item; empty: nobody yet.
ALTER TABLE maintenance_item
    ADD COLUMN assigned_to text,
    ADD COLUMN assigned timestamptz,
    ADD CHECK ((assigned_to IS NULL) = (assigned IS NULL));
CREATE INDEX maintenance_item_node ON maintenance_item (node, id DESC);

-- What somebody wrote about an item, with a photo or without.
CREATE TABLE item_note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item bigint NOT NULL REFERENCES maintenance_item,
    at timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    name text NOT NULL CHECK (name <> ''),
    note text NOT NULL,
    photo bigint REFERENCES photo
);
CREATE INDEX item_note_item ON item_note (item, id);
