-- Recalls of what rode with a logger; several lots in one load; who owns a logger ---------------------

-- A recall may begin with a logger (start: its node): with what was in the assets that it rode in, from
-- since to until. Of one logger there may be recalls of several spans of time.
ALTER TABLE recall DROP CONSTRAINT recall_what_check;
ALTER TABLE recall
    ADD COLUMN since timestamptz,
    ADD COLUMN until timestamptz,
    ADD CONSTRAINT recall_what_check CHECK (what IN ('lot', 'field', 'logger')),
    ADD CONSTRAINT recall_span CHECK (CASE WHEN what = 'logger'
        THEN since IS NOT NULL AND until IS NOT NULL AND until > since
        ELSE since IS NULL AND until IS NULL END);
DROP INDEX recall_once;
CREATE UNIQUE INDEX recall_once
ON recall (what, start, (coalesce(since, '-infinity')), (coalesce(until, 'infinity'))) WHERE NOT drill;
-- What is told to be at an asset is looked for by it.
CREATE INDEX trace_event_location ON trace_event (biz_location) WHERE biz_location IS NOT NULL;
-- Of an event with many boxes what they went into is read, and not each of them for every other.
DROP INDEX trace_term_event;
CREATE INDEX trace_term_event ON trace_term (event, kind);
-- A store room is one of its party's places.
INSERT INTO goods_place (uri, party, name, used)
SELECT uri, party, name, made FROM asset WHERE kind = 'store_room' ON CONFLICT DO NOTHING;

-- Shipments that left together in one asset for one receiver name the first of them; NULL: it is that
-- one, or left alone.
ALTER TABLE shipment ADD COLUMN load text REFERENCES shipment;
CREATE INDEX shipment_load ON shipment (load) WHERE load IS NOT NULL;

-- Whose a logger is, from a time on; the newest row counts.
CREATE TABLE logger_owner (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    party text NOT NULL REFERENCES trace_party,
    since timestamptz NOT NULL,
    given_by text NOT NULL
);
CREATE INDEX logger_owner_node ON logger_owner (node, id DESC);
CREATE TRIGGER logger_owner_stays BEFORE UPDATE OR DELETE ON logger_owner
FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- Until now whoever attached a logger had it.
INSERT INTO logger_owner (node, party, since, given_by)
SELECT DISTINCT ON (l.node) l.node, a.party, l.since, l.attached_by
FROM asset_logger l JOIN asset a ON a.id = l.asset ORDER BY l.node, l.since DESC;
