-- What the water account asks for: soil texture and way of irrigation (FAO-56's Tables 19 and 20), the
-- well, and what may be taken of it in a season.
ALTER TABLE field
    ADD COLUMN texture text CHECK (texture IN ('sand', 'loamy_sand', 'sandy_loam', 'loam', 'silt_loam',
        'silt', 'silt_clay_loam', 'silty_clay', 'clay')),
    ADD COLUMN method text CHECK (method IN ('flood', 'border', 'furrow', 'furrow_wide',
        'furrow_alternate', 'sprinkler', 'drip')),
    ADD COLUMN well text CHECK (well <> ''),
    ADD COLUMN allocation_m3 double precision CHECK (allocation_m3 >= 0);

-- Waterings that nobody wrote down: seen in soil moisture, or counted by a flow meter. What people say
-- is in field_work. amount_mm is what entered at least [mm], or what the meter counted; NULL: unknown.
CREATE TABLE watering (
    field text NOT NULL REFERENCES field ON DELETE CASCADE,
    source text NOT NULL CHECK (source IN ('soil', 'meter')),
    day date NOT NULL,
    amount_mm real CHECK (amount_mm >= 0),
    told_by text NOT NULL CHECK (told_by <> ''),
    noted timestamptz NOT NULL,
    PRIMARY KEY (field, source, day, told_by)
);

-- Weather of fields by local day, as the water account uses it: an array from first on, NaN where it is
-- not known. ETo and rain [mm], wind at 2 m [m s-1], least humidity [%], mean temperature [degC].
CREATE TABLE water_weather (
    field text PRIMARY KEY REFERENCES field ON DELETE CASCADE,
    first date NOT NULL,
    eto real[] NOT NULL,
    rain real[] NOT NULL,
    wind real[] NOT NULL,
    rhmin real[] NOT NULL,
    warmth real[] NOT NULL
);

-- The newest water account of each field: what to do, and the days of its chart from first on, some of
-- them ahead of today [mm]; dry, wet: depletion in the soils that hold least and most.
CREATE TABLE water_account (
    field text PRIMARY KEY REFERENCES field ON DELETE CASCADE,
    computed timestamptz NOT NULL,
    today date NOT NULL,
    level text NOT NULL CHECK (level IN ('none', 'soon', 'now', 'cannot_say')),
    advice jsonb NOT NULL,
    first date NOT NULL,
    days jsonb NOT NULL
);
