-- The cold chain ------------------------------------------------------------------------------

-- Where a logger is at home between rides: no crop, and on no public page.
ALTER TABLE field DROP CONSTRAINT field_kind_check;
ALTER TABLE field ADD CONSTRAINT field_kind_check CHECK (kind IN ('open', 'greenhouse', 'depot'));
ALTER TABLE field ADD CONSTRAINT field_depot_private CHECK (kind <> 'depot' OR private);

-- A store room, truck or box of a party; uri: its GIAI, or a name for good of our own making.
CREATE TABLE asset (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uri text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('store_room', 'truck', 'box')),
    name text NOT NULL CHECK (name <> ''),
    party text NOT NULL REFERENCES trace_party,
    made timestamptz NOT NULL,
    made_by text NOT NULL
);
CREATE INDEX asset_party ON asset (party);

-- A node rides in an asset from one time to another (NULL: still): its readings of then are the
-- asset's. At most one asset at a time.
CREATE TABLE asset_logger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    asset bigint NOT NULL REFERENCES asset,
    since timestamptz NOT NULL,
    until timestamptz CHECK (until > since),
    attached_by text NOT NULL,
    detached_by text
);
CREATE UNIQUE INDEX asset_logger_current ON asset_logger (node) WHERE until IS NULL;
CREATE INDEX asset_logger_asset ON asset_logger (asset, since);

-- A device was checked on a day, and is to be checked again by another.
CREATE TABLE device_check (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    day date NOT NULL,
    due date NOT NULL CHECK (due > day),
    checked_by text NOT NULL CHECK (checked_by <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL
);
CREATE INDEX device_check_node ON device_check (node, day DESC, id DESC);
CREATE TRIGGER device_check_stays BEFORE UPDATE OR DELETE ON device_check
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- So much of a lot goes from one party to another in an asset. product: of field_configs/products.
CREATE TABLE shipment (
    code text PRIMARY KEY CHECK (code ~ '^S[0-9]{6}-[2-9A-Z]{10}$'),
    uri text NOT NULL UNIQUE,
    lot text NOT NULL REFERENCES lot,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0 AND weight_kg < 'infinity'),
    product text NOT NULL,
    asset bigint NOT NULL REFERENCES asset,
    sender text NOT NULL REFERENCES trace_party,
    receiver text NOT NULL REFERENCES trace_party,
    shipped timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    CHECK (sender <> receiver)
);
CREATE INDEX shipment_lot ON shipment (lot);
CREATE INDEX shipment_asset ON shipment (asset, shipped);
CREATE INDEX shipment_sender ON shipment (sender, shipped DESC);
CREATE INDEX shipment_receiver ON shipment (receiver, shipped DESC);
CREATE TRIGGER shipment_stays BEFORE UPDATE OR DELETE ON shipment
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the receiver says at the end of a shipment: once. celsius: by their own thermometer;
-- logger_celsius: the warmest of the logger's last readings then.
CREATE TABLE handover (
    shipment text PRIMARY KEY REFERENCES shipment,
    accepted boolean NOT NULL,
    celsius double precision,
    logger_celsius double precision,
    note text NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    CHECK (accepted OR note <> '')
);
CREATE TRIGGER handover_stays BEFORE UPDATE OR DELETE ON handover
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What of a logger's readings was told as events: one row for each attachment and span of time.
-- readings: how many there were when it was told; revision counts the corrections.
CREATE TABLE sensor_told (
    attachment bigint NOT NULL REFERENCES asset_logger,
    start timestamptz NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    event_id text NOT NULL,
    readings bigint NOT NULL,
    told timestamptz NOT NULL,
    PRIMARY KEY (attachment, start)
);
