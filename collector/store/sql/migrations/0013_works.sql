-- What was done in the fields: rules that know of sprays count from them.

-- Sprays and irrigations as people recorded them. The newest record of a person on a field, kind and
-- day counts; those before it are kept. done: false takes an earlier record back. amount_mm: of an
-- irrigation, NULL where nobody knows.
CREATE TABLE field_work (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    kind text NOT NULL CHECK (kind IN ('spray', 'irrigation')),
    date date NOT NULL,
    recorded_by text NOT NULL,
    done boolean NOT NULL,
    product text NOT NULL,
    target text NOT NULL,
    amount_mm double precision CHECK (amount_mm > 0),
    note text NOT NULL,
    origin text NOT NULL,
    received timestamptz NOT NULL,
    CHECK (kind = 'irrigation' OR amount_mm IS NULL)
);
CREATE INDEX field_work_newest ON field_work (field, kind, date, recorded_by, id DESC);
