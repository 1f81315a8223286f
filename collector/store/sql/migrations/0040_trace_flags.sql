-- Where events that are each right break a story together: at which event, of which thing. cleared: when a
-- late event or an error declaration mended it.
CREATE TABLE trace_flag (
    event bigint NOT NULL REFERENCES trace_event,
    kind text NOT NULL,
    thing text COLLATE "C" NOT NULL,
    detail jsonb NOT NULL,
    found timestamptz NOT NULL,
    cleared timestamptz,
    PRIMARY KEY (event, kind, thing)
);
CREATE INDEX trace_flag_thing ON trace_flag (thing);
CREATE INDEX trace_flag_open ON trace_flag (found DESC) WHERE cleared IS NULL;
-- Up to which number each party's events were looked at for that.
CREATE TABLE trace_looked (
    party text PRIMARY KEY REFERENCES trace_party,
    number bigint NOT NULL CHECK (number > 0)
);
CREATE INDEX trace_event_transformation ON trace_event (transformation)
WHERE transformation IS NOT NULL;
