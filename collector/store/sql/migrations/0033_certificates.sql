-- Lots and certificates ------------------------------------------------------------------------

-- Goods that stay together: harvested from a field on a day, divided or put together from others, or
-- bought with a certificate. uri: its name for good, whatever host serves this. season: when what was
-- harvested had been sown; village: where it grew; origin: what the seller's certificate says of that.
-- whose: the person whose lot it is, a number that stays when the person goes. Rows of all these tables
-- are added and never changed, so that the register outlasts the six months that the measure of 2025
-- asks for.
CREATE TABLE lot (
    code text PRIMARY KEY CHECK (code ~ '^L[0-9]{6}-[2-9A-Z]{10}$'),
    uri text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('harvest', 'split', 'merge', 'bought')),
    produce text NOT NULL,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0 AND weight_kg < 'infinity'),
    day date NOT NULL,
    field text REFERENCES field,
    season date,
    village text REFERENCES village,
    origin text NOT NULL DEFAULT '',
    whose bigint NOT NULL,
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    CHECK ((kind = 'harvest') = (field IS NOT NULL)),
    CHECK (kind <> 'harvest' OR village IS NOT NULL)
);
CREATE INDEX lot_whose ON lot (whose, made DESC);
CREATE INDEX lot_village ON lot (village, made DESC);
CREATE TRIGGER lot_stays BEFORE UPDATE OR DELETE ON lot
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- So much of the lot parent went into the lot child.
CREATE TABLE lot_part (
    child text NOT NULL REFERENCES lot,
    parent text NOT NULL REFERENCES lot,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0 AND weight_kg < 'infinity'),
    PRIMARY KEY (child, parent),
    CHECK (child <> parent)
);
CREATE INDEX lot_part_parent ON lot_part (parent);
CREATE TRIGGER lot_part_stays BEFORE UPDATE OR DELETE ON lot_part
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was looked for in a lot, and whether it was in order; tested_by: who tested.
CREATE TABLE lot_test (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot text NOT NULL REFERENCES lot,
    kind text NOT NULL CHECK (kind IN ('self_test', 'entrusted_test')),
    day date NOT NULL,
    substances text[] NOT NULL CHECK (cardinality(substances) > 0),
    passed boolean NOT NULL,
    tested_by text NOT NULL,
    report text NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL
);
CREATE INDEX lot_test_lot ON lot_test (lot);
CREATE TRIGGER lot_test_stays BEFORE UPDATE OR DELETE ON lot_test
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An inspector holds, recalls or frees a lot, and with it all that came of it; the newest counts.
CREATE TABLE lot_state (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot text NOT NULL REFERENCES lot,
    state text NOT NULL CHECK (state IN ('held', 'recalled', 'freed')),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX lot_state_newest ON lot_state (lot, id DESC);
CREATE TRIGGER lot_state_stays BEFORE UPDATE OR DELETE ON lot_state
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An inspector sets reasons aside, each with all that it says; another reason is not covered.
CREATE TABLE lot_override (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot text NOT NULL REFERENCES lot,
    reasons text[] NOT NULL CHECK (cardinality(reasons) > 0),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX lot_override_lot ON lot_override (lot);
CREATE TRIGGER lot_override_stays BEFORE UPDATE OR DELETE ON lot_override
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A certificate as it was issued, whole.
CREATE TABLE certificate (
    number text PRIMARY KEY CHECK (number ~ '^C[0-9]{6}-[2-9A-Z]{10}$'),
    lot text NOT NULL REFERENCES lot,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0),
    grounds text NOT NULL CHECK (grounds IN ('control', 'self_test', 'entrusted_test')),
    content jsonb NOT NULL,
    issued timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX certificate_lot ON certificate (lot);
CREATE TRIGGER certificate_stays BEFORE UPDATE OR DELETE ON certificate
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A certificate is void once; inspector: an inspector did it, not its issuer.
CREATE TABLE certificate_void (
    number text PRIMARY KEY REFERENCES certificate,
    reason text NOT NULL CHECK (reason <> ''),
    inspector boolean NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER certificate_void_stays BEFORE UPDATE OR DELETE ON certificate_void
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The certificate that came with a lot that was bought; jpeg: its photo.
CREATE TABLE bought_certificate (
    lot text PRIMARY KEY REFERENCES lot,
    kind text NOT NULL CHECK (kind IN ('commitment', 'other')),
    number text NOT NULL,
    issuer text NOT NULL CHECK (issuer <> ''),
    contact text NOT NULL,
    issued date NOT NULL,
    jpeg bytea,
    CHECK (number <> '' OR jpeg IS NOT NULL)
);
ALTER TABLE bought_certificate ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CREATE TRIGGER bought_certificate_stays BEFORE UPDATE OR DELETE ON bought_certificate
FOR EACH ROW EXECUTE FUNCTION refuse_change();
