-- Subscriptions: what is new for a query of a party is sent to an address. ----------------------

-- since: number of the newest event when the thing was first handled; what was there before is seen
-- from then on, and so comes after it in the order in which a party sees events.
ALTER TABLE trace_handled ADD COLUMN since bigint NOT NULL DEFAULT 0;
CREATE INDEX trace_handled_since ON trace_handled (party, since);

-- token: what deliveries are signed with. schedule: NULL where events are sent as they come. floor:
-- events up to this one are not sent. seen_order, seen_event: how far it was told, in the order in
-- which its party sees events; goal: how far the run tells that is on. batch_*: what is on its way,
-- sent again under the same key until it is taken. claimed: since when somebody sends.
CREATE TABLE trace_subscription (
    id text PRIMARY KEY,
    party text NOT NULL,
    query text NOT NULL,
    dest text NOT NULL CHECK (dest <> ''),
    token text CHECK (token <> ''),
    spelling text NOT NULL,
    initial timestamptz,
    schedule json,
    report_if_empty boolean NOT NULL,
    made timestamptz NOT NULL,
    floor bigint NOT NULL,
    seen_order bigint NOT NULL,
    seen_event bigint NOT NULL,
    goal bigint,
    empty_run boolean NOT NULL DEFAULT false,
    next_run timestamptz,
    last_run timestamptz,
    notified timestamptz,
    batch_size integer NOT NULL CHECK (batch_size > 0),
    batch_key text,
    batch_events bigint[],
    batch_order bigint,
    batch_event bigint,
    batch_made timestamptz,
    claimed timestamptz,
    claim bigint NOT NULL DEFAULT 0,
    tried timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    failing timestamptz,
    failure text,
    not_before timestamptz,
    ended timestamptz,
    FOREIGN KEY (party, query) REFERENCES trace_query ON DELETE CASCADE,
    CHECK ((schedule IS NULL) = (next_run IS NULL)),
    CHECK ((batch_key IS NULL) = (batch_events IS NULL)),
    CHECK ((batch_key IS NULL) = (batch_order IS NULL))
);
CREATE INDEX trace_subscription_of ON trace_subscription (party, query, id);

-- Tokens of next pages that were released before their time.
CREATE TABLE trace_released (
    party text NOT NULL REFERENCES trace_party,
    token bytea NOT NULL CHECK (length(token) = 32),
    at timestamptz NOT NULL,
    PRIMARY KEY (party, token)
);
