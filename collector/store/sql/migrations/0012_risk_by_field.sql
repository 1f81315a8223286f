-- A changed fact or late hour takes back only the fields that it reaches.

DROP TABLE risk_state;

-- What the hazards know on the morning of a local day, of some fields. seen: the last number of
-- hourly_change that it takes account of.
CREATE TABLE risk_state (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    open_day date NOT NULL,
    seen bigint NOT NULL,
    digest text NOT NULL,
    bytes bytea NOT NULL
);
ALTER TABLE risk_state ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which state holds for a field on a morning. facts: SHA-256 over what it rests on besides hours.
CREATE TABLE risk_state_field (
    open_day date NOT NULL,
    field text NOT NULL,
    state bigint NOT NULL REFERENCES risk_state ON DELETE CASCADE,
    facts text NOT NULL,
    PRIMARY KEY (open_day, field)
);
CREATE INDEX risk_state_field_state ON risk_state_field (state);

DROP TRIGGER hours_added ON reading_hourly;
DROP TRIGGER hours_changed ON reading_hourly;
DROP TRIGGER hours_removed ON reading_hourly;
DROP TRIGGER observed_added ON weather_value;
DROP TRIGGER observed_changed ON weather_value;
DROP TRIGGER observed_removed ON weather_value;
DROP TRIGGER place_changed ON weather_place;
DROP FUNCTION note_hours();
DROP FUNCTION note_observed();
DROP FUNCTION note_place();
DROP FUNCTION note_hourly_change(timestamptz);
DROP TABLE hourly_change;

-- Changes of hourly weather: the series in which a statement changed hours of a local day;
-- observed: of weather_series, else of series. Numbers are given out under a lock held to the end
-- of the transaction, so that they are in the order of commits: who knows the largest one has seen
-- the hours of all before it.
CREATE TABLE hourly_change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL,
    observed boolean NOT NULL,
    series integer[] NOT NULL,
    recorded timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION note_hourly_change(of_day date, is_observed boolean, of_series integer[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('nongqing.hourly_change'));
    INSERT INTO hourly_change (day, observed, series) VALUES (of_day, is_observed, of_series);
END
$$;

-- "changed" and "former" are the rows as the statement left and found them. An hour rolled up
-- again to the same values is no change.
CREATE FUNCTION note_hours() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_hourly_change(day, false, series) FROM (
            SELECT (hour AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT series_id) AS series
            FROM (
                (TABLE changed EXCEPT TABLE former) UNION ALL (TABLE former EXCEPT TABLE changed)
            ) apart GROUP BY 1
        ) days;
    ELSE
        PERFORM note_hourly_change(day, false, series) FROM (
            SELECT (hour AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT series_id) AS series
            FROM changed GROUP BY 1
        ) days;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER hours_added AFTER INSERT ON reading_hourly
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_hours();
CREATE TRIGGER hours_changed AFTER UPDATE ON reading_hourly
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION note_hours();
CREATE TRIGGER hours_removed AFTER DELETE ON reading_hourly
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_hours();

-- What other stations measured stands in for fields without sensors.
CREATE FUNCTION note_observed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_hourly_change(day, true, series) FROM (
            SELECT (c.time AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT c.series_id) AS series
            FROM (
                (TABLE changed EXCEPT TABLE former) UNION ALL (TABLE former EXCEPT TABLE changed)
            ) c JOIN weather_series s ON s.id = c.series_id WHERE s.kind = 'observed' GROUP BY 1
        ) days;
    ELSE
        PERFORM note_hourly_change(day, true, series) FROM (
            SELECT (c.time AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT c.series_id) AS series
            FROM changed c JOIN weather_series s ON s.id = c.series_id
            WHERE s.kind = 'observed' GROUP BY 1
        ) days;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER observed_added AFTER INSERT ON weather_value
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_observed();
CREATE TRIGGER observed_changed AFTER UPDATE ON weather_value
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION note_observed();
CREATE TRIGGER observed_removed AFTER DELETE ON weather_value
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_observed();

-- A station that is moved or removed changes the weather of the fields around it, back to its
-- first hour.
CREATE FUNCTION note_place() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_hourly_change(day, true, series) FROM (
        SELECT (w.time AT TIME ZONE 'Asia/Shanghai')::date AS day,
               array_agg(DISTINCT w.series_id) AS series
        FROM weather_value w JOIN weather_series s ON s.id = w.series_id
        WHERE s.kind = 'observed' AND s.place = NEW.number GROUP BY 1
    ) days;
    RETURN NULL;
END
$$;
CREATE TRIGGER place_changed AFTER UPDATE ON weather_place
FOR EACH ROW EXECUTE FUNCTION note_place();

-- The outlook keeps whole answers, as risk_status does. It is replaced as a whole every hour.
DELETE FROM risk_outlook;
ALTER TABLE risk_outlook
    ADD COLUMN stage_source text,
    ADD COLUMN data_age_h double precision,
    ADD COLUMN validated boolean NOT NULL;
