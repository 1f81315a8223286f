-- How well outlooks of the weather did: of each source, quantity and lead day, against what was
-- measured or analysed later (models/skill/outlooks.py). Replaced as a whole whenever it is computed.
CREATE TABLE outlook_skill (
    source text NOT NULL,
    quantity text NOT NULL,
    truth text NOT NULL CHECK (truth IN ('measured', 'analysed')),
    lead smallint NOT NULL CHECK (lead > 0),
    at timestamptz NOT NULL,
    places integer NOT NULL,
    pairs integer NOT NULL CHECK (pairs > 0),
    weeks integer NOT NULL,
    first date NOT NULL,
    last date NOT NULL,
    bias double precision NOT NULL,
    mae double precision NOT NULL,
    rmse double precision NOT NULL,
    common integer NOT NULL,
    score double precision,
    persistence double precision,
    climatology double precision,
    skill double precision,
    low double precision,
    high double precision,
    -- [hits, misses, false alarms, correct negatives]; NULL where it is not of rain
    rain integer[],
    -- [[from mm, days, wet days], ...]
    reliability jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (source, quantity, truth, lead)
);
