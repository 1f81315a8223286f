-- The skill ledger: what people saw, what was refused, how well the hazards did, changed rules.

-- A row that says the same as the newest one for its time is not kept again; that is decided
-- against the newest row, so that an answer that changes to and fro is kept each time.
ALTER TABLE risk_status DROP CONSTRAINT risk_status_site_crop_hazard_time_model_version_inputs_hash_key;

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted; add a new one instead', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER risk_status_stays BEFORE UPDATE OR DELETE ON risk_status
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Hours fit for spraying, as [[from, to], ...]; NULL: there was no forecast, or nothing to spray.
ALTER TABLE advisory ADD COLUMN spraying jsonb;

-- season: the year in which the crop was sown.
CREATE TABLE scouting_report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL REFERENCES field,
    crop text NOT NULL,
    hazard text NOT NULL,
    season smallint NOT NULL,
    date date NOT NULL,
    found boolean NOT NULL,
    treated boolean NOT NULL,
    severity double precision CHECK (severity BETWEEN 0 AND 100),
    source text NOT NULL CHECK (source IN ('scouting', 'answer')),
    observer text NOT NULL,
    note text NOT NULL,
    origin text NOT NULL,
    received timestamptz NOT NULL,
    UNIQUE (site, crop, hazard, date, source, observer)
);

-- Lines that could not be taken in, as they were.
CREATE TABLE import_refusal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    origin text NOT NULL,
    reason text NOT NULL,
    text text NOT NULL,
    received timestamptz NOT NULL
);
CREATE UNIQUE INDEX import_refusal_once ON import_refusal (kind, origin, md5(reason), md5(text));

-- The account of a hazard in a county as it stood at a time; season NULL: all seasons.
CREATE TABLE skill_row (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    hazard text NOT NULL,
    county text NOT NULL REFERENCES county,
    season smallint,
    model_version text NOT NULL,
    cases integer NOT NULL,
    unanswered integer NOT NULL,
    treated integer NOT NULL,
    other_version integer NOT NULL,
    hits integer NOT NULL,
    misses integer NOT NULL,
    false_alarms integer NOT NULL,
    correct_negatives integer NOT NULL,
    scored integer NOT NULL,
    seasons integer NOT NULL,
    brier_skill double precision,
    low double precision,
    high double precision,
    why text NOT NULL
);
CREATE INDEX skill_row_latest ON skill_row (hazard, county, season, id DESC);
CREATE TRIGGER skill_row_stays BEFORE UPDATE OR DELETE ON skill_row
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every change of a rule of the ledger, whatever made it.
CREATE TABLE setting_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    old text,
    new text,
    at timestamptz NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL
);
CREATE TRIGGER setting_change_stays BEFORE UPDATE OR DELETE ON setting_change
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION note_setting_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(NEW.key, OLD.key) NOT LIKE 'skill.%'
        OR (TG_OP = 'UPDATE' AND NEW.value = OLD.value) THEN
        RETURN NULL;
    END IF;
    INSERT INTO setting_change (key, old, new, at, changed_by, reason)
    VALUES (
        coalesce(NEW.key, OLD.key), OLD.value, NEW.value, coalesce(NEW.changed, now()),
        coalesce(nullif(current_setting('nongqing.changed_by', true), ''), session_user),
        coalesce(current_setting('nongqing.change_reason', true), '')
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER setting_noted AFTER INSERT OR UPDATE OR DELETE ON setting
FOR EACH ROW EXECUTE FUNCTION note_setting_change();
