-- Traceability: who takes part, the events that each captured, and what is looked up of them.

-- Who captures and asks, by a token of which only the SHA-256 is kept.
CREATE TABLE trace_party (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    name text NOT NULL CHECK (name <> ''),
    token bytea UNIQUE CHECK (length(token) = 32),
    token_made timestamptz,
    added timestamptz NOT NULL
);

-- What prefixes in events stand for; many events share one.
CREATE TABLE trace_context (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    context json NOT NULL
);

-- Events as they came, chained by party: docs/trace.md has the bytes. number has no gaps within a
-- party. json and not jsonb, so that numbers come back as they were written. What stands below the
-- digest is looked up and follows from the document.
CREATE TABLE trace_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party text NOT NULL REFERENCES trace_party,
    number bigint NOT NULL CHECK (number > 0),
    event_id text NOT NULL,
    record_time timestamptz NOT NULL CHECK (isfinite(record_time)),
    context bytea NOT NULL REFERENCES trace_context,
    document json NOT NULL,
    previous bytea NOT NULL CHECK (length(previous) = 32),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    event_time timestamptz NOT NULL,
    type text NOT NULL,
    action text,
    biz_step text,
    disposition text,
    read_point text,
    biz_location text,
    transformation text,
    declared timestamptz,
    reason text,
    UNIQUE (party, number)
);
-- An event and its error declaration have one event_id and are two.
CREATE UNIQUE INDEX trace_event_same
ON trace_event (party, event_id, (coalesce(declared, '-infinity')));
CREATE INDEX trace_event_by_id ON trace_event (event_id);
CREATE INDEX trace_event_time ON trace_event (event_time, id);
CREATE INDEX trace_event_recorded ON trace_event (record_time, id);
CREATE TRIGGER trace_event_stays BEFORE UPDATE OR DELETE ON trace_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Everything that an event names: kind is the field that it stands in.
CREATE TABLE trace_term (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    event bigint NOT NULL REFERENCES trace_event,
    PRIMARY KEY (kind, value, event)
);
CREATE INDEX trace_term_event ON trace_term (event);
CREATE INDEX trace_term_value ON trace_term (value);

-- Things and lots that a party had to do with: it sees their events.
CREATE TABLE trace_handled (
    party text NOT NULL REFERENCES trace_party,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (party, value)
);

-- What master data put below a place.
CREATE TABLE trace_place (
    party text NOT NULL REFERENCES trace_party,
    place text NOT NULL,
    below text NOT NULL,
    PRIMARY KEY (party, place, below)
);

-- Documents that were sent, until their events are captured; then what became of them.
CREATE TABLE trace_capture (
    id text PRIMARY KEY,
    party text NOT NULL REFERENCES trace_party,
    created timestamptz NOT NULL,
    behaviour text NOT NULL CHECK (behaviour IN ('rollback', 'proceed')),
    body bytea,
    finished timestamptz,
    captured integer NOT NULL DEFAULT 0,
    errors jsonb NOT NULL DEFAULT '[]',
    CHECK ((finished IS NULL) = (body IS NOT NULL))
);
CREATE INDEX trace_capture_of ON trace_capture (party, created DESC, id);
CREATE INDEX trace_capture_waiting ON trace_capture (created) WHERE finished IS NULL;

-- Queries that a party gave a name.
CREATE TABLE trace_query (
    party text NOT NULL REFERENCES trace_party,
    name text NOT NULL,
    query json NOT NULL,
    made timestamptz NOT NULL,
    PRIMARY KEY (party, name)
);
