-- Devices of other makers, which speak standards. network: the LoRaWAN network server that tells of it, and
-- eui its DevEUI there; NULL: it speaks to the broker. step_s: how often it measures. time_of_receipt: what
-- it sends without a time counts as measured when it came. last_seen: newest message.
CREATE TABLE external_network (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{1,30}$'),
    kind text NOT NULL CHECK (kind IN ('chirpstack', 'things-stack')),
    token bytea CHECK (length(token) = 32),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> '')
);
CREATE TABLE external_device (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{1,30}$'),
    network text REFERENCES external_network,
    eui text CHECK (eui ~ '^[0-9a-f]{16}$'),
    step_s integer NOT NULL CHECK (step_s BETWEEN 1 AND 86400),
    time_of_receipt boolean NOT NULL,
    enrolled timestamptz NOT NULL,
    enrolled_by text NOT NULL CHECK (enrolled_by <> ''),
    retired timestamptz,
    last_seen timestamptz,
    UNIQUE (network, eui),
    CHECK ((network IS NULL) = (eui IS NULL))
);

-- What a device calls a value, and where it belongs from a time on. unit: '' is the quantity's own; factor:
-- what one of what it sends is in that unit. counter: the value counts up, with so many bits; 0: without end.
CREATE TABLE external_channel (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device text NOT NULL REFERENCES external_device,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    placement text NOT NULL REFERENCES placement,
    unit text NOT NULL,
    factor double precision NOT NULL CHECK (factor > 0 AND factor < 1e9),
    counter smallint CHECK (counter IN (0, 16, 32)),
    valid_from timestamptz,
    valid_to timestamptz,
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to)
);
CREATE UNIQUE INDEX external_channel_current ON external_channel (device, name) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX external_channel_serves ON external_channel (placement) WHERE valid_to IS NULL;
CREATE INDEX external_channel_device ON external_channel (device, name);

-- The evidence: what such a device sent, once, as it came. Its numbers are of one sequence with those of
-- frames, so that reading.frame_id names either. identity: what makes it the same message; sha256: of bytes.
-- sent: when, by its network server. session, counter, payload: of LoRaWAN.
CREATE TABLE external_message (
    id bigint PRIMARY KEY DEFAULT nextval('frame_id_seq'),
    device text NOT NULL REFERENCES external_device,
    identity bytea NOT NULL CHECK (length(identity) = 32),
    received timestamptz NOT NULL,
    transport text NOT NULL,
    form text NOT NULL CHECK (form IN ('senml', 'thingsboard', 'chirpstack', 'things-stack')),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    bytes bytea NOT NULL,
    sent timestamptz,
    session text,
    counter bigint,
    payload bytea,
    UNIQUE (device, identity)
);
CREATE INDEX external_message_received ON external_message (device, received);
CREATE INDEX external_message_bytes ON external_message (device, sha256);
CREATE INDEX external_message_counter ON external_message (device, session, counter)
    WHERE counter IS NOT NULL;
CREATE TRIGGER external_message_stays BEFORE UPDATE OR DELETE ON external_message
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a counter of a channel said. amount: what was added since the one before, in the quantity's unit; NULL
-- where that cannot be told.
CREATE TABLE external_count (
    channel bigint NOT NULL REFERENCES external_channel,
    time timestamptz NOT NULL,
    count double precision NOT NULL,
    amount double precision,
    message bigint NOT NULL,
    PRIMARY KEY (channel, time)
);
