-- The risk job goes on from where it stood; what changed in the past takes it back.

-- The state of all hazards on the morning of a local day. facts: SHA-256 over what it rests on
-- besides weather and seasons; seen: the last number of hourly_change that it takes account of.
CREATE TABLE risk_state (
    open_day date PRIMARY KEY,
    begins timestamptz NOT NULL,
    facts text NOT NULL,
    seen bigint NOT NULL,
    digest text NOT NULL,
    bytes bytea NOT NULL
);
ALTER TABLE risk_state ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Changes of hourly weather, each with the earliest hour that it touched. Numbers are given out
-- under a lock held to the end of the transaction, so that they are in the order of commits: who
-- knows the largest one has seen the hours of all before it.
CREATE TABLE hourly_change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    earliest timestamptz NOT NULL,
    recorded timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION note_hourly_change(first_hour timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF first_hour IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('nongqing.hourly_change'));
        INSERT INTO hourly_change (earliest) VALUES (first_hour);
    END IF;
END
$$;

-- "changed" and "former" are the rows as the statement left and found them. An hour rolled up
-- again to the same values is no change.
CREATE FUNCTION note_hours() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_hourly_change((SELECT min(hour) FROM (
            (TABLE changed EXCEPT TABLE former) UNION ALL (TABLE former EXCEPT TABLE changed)
        ) apart));
    ELSE
        PERFORM note_hourly_change((SELECT min(hour) FROM changed));
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
        PERFORM note_hourly_change((SELECT min(c.time) FROM (
            (TABLE changed EXCEPT TABLE former) UNION ALL (TABLE former EXCEPT TABLE changed)
        ) c JOIN weather_series s ON s.id = c.series_id WHERE s.kind = 'observed'));
    ELSE
        PERFORM note_hourly_change((
            SELECT min(c.time) FROM changed c JOIN weather_series s ON s.id = c.series_id
            WHERE s.kind = 'observed'));
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
