-- Codes that boxes and pallets got here, and places that a party named. Neither names a person. uri is
-- the name in events: the link of an SSCC where the party has a company prefix, else a urn:uuid. batch
-- is what was made, and is printed, together. A prefix is one party's; next_serial only grows, so that
-- no number is given twice.
ALTER TABLE trace_party
    ADD COLUMN company_prefix text UNIQUE CHECK (company_prefix ~ '^[0-9]{6,12}$'),
    ADD COLUMN next_serial bigint NOT NULL DEFAULT 1 CHECK (next_serial > 0);
CREATE TABLE goods_unit (
    code text PRIMARY KEY,
    uri text NOT NULL UNIQUE,
    party text NOT NULL REFERENCES trace_party,
    kind text NOT NULL CHECK (kind IN ('box', 'pallet')),
    batch text NOT NULL,
    made timestamptz NOT NULL
);
CREATE INDEX goods_unit_batch ON goods_unit (batch);
CREATE TABLE goods_place (
    uri text PRIMARY KEY,
    party text NOT NULL REFERENCES trace_party,
    name text NOT NULL CHECK (name <> ''),
    used timestamptz NOT NULL,
    UNIQUE (party, name)
);
