-- What grew in a field in one season, as lots were harvested of it. uri: its name in events, which tells
-- nobody of the field. season: the row in which it was sown, for as long as there is one. party: in whose
-- chain its sowing and treatments are told.
CREATE TABLE planting (
    uri text PRIMARY KEY CHECK (uri LIKE 'urn:uuid:%'),
    field text NOT NULL REFERENCES field,
    season bigint,
    party text NOT NULL REFERENCES trace_party,
    made timestamptz NOT NULL
);
CREATE INDEX planting_field ON planting (field);
CREATE UNIQUE INDEX planting_season ON planting (season) WHERE season IS NOT NULL;
CREATE TRIGGER planting_stays BEFORE UPDATE OR DELETE ON planting
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE lot_planting (
    lot text PRIMARY KEY REFERENCES lot,
    planting text NOT NULL REFERENCES planting
);
CREATE INDEX lot_planting_planting ON lot_planting (planting);
CREATE TRIGGER lot_planting_stays BEFORE UPDATE OR DELETE ON lot_planting
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A test whose result was entered wrongly: it is kept and counts no more. instead: the one that stands,
-- NULL where none does.
CREATE TABLE lot_test_struck (
    test bigint PRIMARY KEY REFERENCES lot_test,
    instead bigint UNIQUE REFERENCES lot_test CHECK (instead > test),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER lot_test_struck_stays BEFORE UPDATE OR DELETE ON lot_test_struck
FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- A sample has a result for each test that was entered of it; the one that was not struck counts.
ALTER TABLE sample_result DROP CONSTRAINT sample_result_pkey;
ALTER TABLE sample_result ADD PRIMARY KEY (test);
CREATE INDEX sample_result_sample ON sample_result (plan, lot);

-- Photos that prove something: of a non-conformity, or of the taking of a sample. They are an inspector's,
-- and stay when a field is given up.
CREATE TABLE evidence_photo (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finding text REFERENCES finding,
    plan text,
    lot text,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    jpeg bytea NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    FOREIGN KEY (plan, lot) REFERENCES sample,
    CHECK ((plan IS NULL) = (lot IS NULL)),
    CHECK ((finding IS NULL) <> (plan IS NULL))
);
ALTER TABLE evidence_photo ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CREATE INDEX evidence_photo_finding ON evidence_photo (finding) WHERE finding IS NOT NULL;
CREATE INDEX evidence_photo_sample ON evidence_photo (plan, lot) WHERE plan IS NOT NULL;
CREATE TRIGGER evidence_photo_stays BEFORE UPDATE OR DELETE ON evidence_photo
FOR EACH ROW EXECUTE FUNCTION refuse_change();
