-- For which party a person tells what was done to lots and boxes; without a row it is a party of
-- their own.
CREATE TABLE trace_member (
    person bigint PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    party text NOT NULL REFERENCES trace_party,
    since timestamptz NOT NULL
);
CREATE INDEX trace_member_party ON trace_member (party);
