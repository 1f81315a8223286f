-- Files that people bring: corrections count and what was said before is kept; places can be
-- mended; what was refused is an event with parameters.

-- Refused lines: an event (field_configs/events.py); rows of before keep their sentence.
DROP INDEX import_refusal_once;
ALTER TABLE import_refusal ADD COLUMN event text;
ALTER TABLE import_refusal ADD COLUMN params jsonb;
UPDATE import_refusal SET event = 'refused_line', params = jsonb_build_object('detail', reason);
ALTER TABLE import_refusal ALTER COLUMN event SET NOT NULL;
ALTER TABLE import_refusal ALTER COLUMN params SET NOT NULL;
ALTER TABLE import_refusal DROP COLUMN reason;
CREATE UNIQUE INDEX import_refusal_once
    ON import_refusal (kind, origin, event, md5(params::text), md5(text));

-- The newest report of an observer on a field, hazard and day counts; those before it are kept.
ALTER TABLE scouting_report
    DROP CONSTRAINT scouting_report_site_crop_hazard_date_source_observer_key;
CREATE INDEX scouting_report_newest
    ON scouting_report (site, crop, hazard, date, source, observer, id DESC);

-- A delivery of weather: a file, or what a program gave at once. Of two values for the same hour
-- the one of the later delivery is in force, whoever sent it.
CREATE TABLE weather_delivery (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('forecast', 'observed')),
    source text NOT NULL,
    name text NOT NULL,
    received timestamptz NOT NULL
);
INSERT INTO weather_delivery (kind, source, name, received)
SELECT DISTINCT s.kind, s.source, '', w.received
FROM weather_value w JOIN weather_series s ON s.id = w.series_id
ORDER BY w.received, s.source, s.kind;

CREATE TEMPORARY TABLE place_before ON COMMIT DROP AS TABLE weather_place;
CREATE TEMPORARY TABLE series_before ON COMMIT DROP AS TABLE weather_series;
CREATE TEMPORARY TABLE value_before ON COMMIT DROP AS TABLE weather_value;
DROP TABLE weather_value, weather_series, weather_place;

-- A place that is removed keeps its values; its name is free for another one.
CREATE TABLE weather_place (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    removed timestamptz
);
CREATE UNIQUE INDEX weather_place_name ON weather_place (name) WHERE removed IS NULL;
INSERT INTO weather_place (name, longitude, latitude)
SELECT id, longitude, latitude FROM place_before ORDER BY id;

-- What became of a place: its position after each change, by whom and why.
CREATE TABLE weather_place_change (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place integer NOT NULL REFERENCES weather_place,
    action text NOT NULL CHECK (action IN ('added', 'moved', 'removed')),
    longitude double precision NOT NULL,
    latitude double precision NOT NULL,
    at timestamptz NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL
);
CREATE TRIGGER weather_place_change_stays BEFORE UPDATE OR DELETE ON weather_place_change
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Values are those of a kind, place and quantity; who sent them stands with the delivery.
CREATE TABLE weather_series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('forecast', 'observed')),
    place integer NOT NULL REFERENCES weather_place,
    quantity text NOT NULL,
    UNIQUE (kind, place, quantity)
);
INSERT INTO weather_series (kind, place, quantity)
SELECT DISTINCT s.kind, p.number, s.quantity
FROM series_before s JOIN weather_place p ON p.name = s.place
ORDER BY s.kind, p.number, s.quantity;

CREATE TABLE weather_value (
    series_id integer NOT NULL REFERENCES weather_series,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    delivery integer NOT NULL REFERENCES weather_delivery,
    value double precision NOT NULL,
    qc smallint NOT NULL,
    PRIMARY KEY (series_id, time, issued, delivery)
);
INSERT INTO weather_value (series_id, time, issued, delivery, value, qc)
SELECT n.id, w.time, w.issued, d.id, w.value, w.qc
FROM value_before w
JOIN series_before s ON s.id = w.series_id
JOIN weather_place p ON p.name = s.place
JOIN weather_series n ON (n.kind, n.place, n.quantity) = (s.kind, p.number, s.quantity)
JOIN weather_delivery d
    ON (d.kind, d.source, d.name, d.received) = (s.kind, s.source, '', w.received);

-- Who counts among several sources has changed, and with it the hours that answers rest on.
SELECT note_hourly_change((
    SELECT min(w.time) FROM weather_value w JOIN weather_series s ON s.id = w.series_id
    WHERE s.kind = 'observed'));

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
    PERFORM note_hourly_change((
        SELECT min(w.time) FROM weather_value w JOIN weather_series s ON s.id = w.series_id
        WHERE s.kind = 'observed' AND s.place = NEW.number));
    RETURN NULL;
END
$$;
CREATE TRIGGER place_changed AFTER UPDATE ON weather_place
FOR EACH ROW EXECUTE FUNCTION note_place();
