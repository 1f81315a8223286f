-- name: places
SELECT id, longitude, latitude FROM weather_place ORDER BY id

-- name: put_places
INSERT INTO weather_place (id, longitude, latitude) VALUES %s ON CONFLICT (id) DO NOTHING

-- name: put_series
INSERT INTO weather_series (kind, source, place, quantity) VALUES %s
ON CONFLICT (kind, source, place, quantity) DO NOTHING

-- name: stage_table
CREATE TEMPORARY TABLE staged_weather (
    line integer NOT NULL,
    place text NOT NULL,
    quantity text NOT NULL,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    value double precision NOT NULL,
    qc smallint NOT NULL
) ON COMMIT DROP

-- name: stage
INSERT INTO staged_weather (line, place, quantity, time, issued, value, qc) VALUES %s

-- name: contradictions
WITH first AS (
    SELECT DISTINCT ON (place, quantity, time, issued) place, quantity, time, issued, value
    FROM staged_weather ORDER BY place, quantity, time, issued, line
)
SELECT DISTINCT ON (n.line) n.line, n.quantity, n.value, coalesce(w.value, f.value)
FROM staged_weather n
JOIN first f USING (place, quantity, time, issued)
LEFT JOIN weather_series s
    ON (s.kind, s.source, s.place, s.quantity)
     = (%(kind)s::text, %(source)s::text, n.place, n.quantity)
LEFT JOIN weather_value w ON (w.series_id, w.time, w.issued) = (s.id, n.time, n.issued)
WHERE coalesce(w.value, f.value) <> n.value
ORDER BY n.line, n.quantity

-- name: drop_lines
DELETE FROM staged_weather WHERE line = ANY(%(lines)s)

-- name: put_values
WITH placed AS (
    INSERT INTO weather_value (series_id, time, issued, value, qc, received)
    SELECT DISTINCT ON (s.id, n.time, n.issued)
           s.id, n.time, n.issued, n.value, n.qc, %(received)s
    FROM staged_weather n
    JOIN weather_series s
        ON (s.kind, s.source, s.place, s.quantity)
         = (%(kind)s::text, %(source)s::text, n.place, n.quantity)
    ORDER BY s.id, n.time, n.issued, n.line
    ON CONFLICT (series_id, time, issued) DO NOTHING
    RETURNING series_id, time, issued
)
SELECT DISTINCT ON (s.place, s.quantity, n.time, n.issued) n.line
FROM staged_weather n
JOIN weather_series s
    ON (s.kind, s.source, s.place, s.quantity)
     = (%(kind)s::text, %(source)s::text, n.place, n.quantity)
JOIN placed p ON (p.series_id, p.time, p.issued) = (s.id, n.time, n.issued)
ORDER BY s.place, s.quantity, n.time, n.issued, n.line

-- name: forecast
SELECT DISTINCT ON (s.place, s.quantity, w.time)
       s.place, s.quantity, w.time, w.value, w.issued, s.source
FROM weather_value w JOIN weather_series s ON s.id = w.series_id
WHERE s.kind = 'forecast' AND s.quantity = ANY(%(quantities)s)
  AND w.time >= %(start)s AND w.time < %(end)s
  AND w.issued <= %(at)s AND w.issued > %(since)s
ORDER BY s.place, s.quantity, w.time, w.issued DESC, s.source

-- name: observed
SELECT DISTINCT ON (s.place, s.quantity, w.time)
       s.place, s.quantity, w.time, w.value, w.issued, s.source
FROM weather_value w JOIN weather_series s ON s.id = w.series_id
WHERE s.kind = 'observed' AND s.quantity = ANY(%(quantities)s)
  AND w.time >= %(start)s AND w.time < %(end)s
ORDER BY s.place, s.quantity, w.time, s.source

-- name: observed_stations
SELECT s.id, s.place, s.quantity, p.longitude, p.latitude, f.time
FROM weather_series s JOIN weather_place p ON p.id = s.place, LATERAL (
    SELECT time FROM weather_value WHERE series_id = s.id ORDER BY time LIMIT 1
) f
WHERE s.kind = 'observed' AND s.quantity = ANY(%(quantities)s)
ORDER BY s.place, s.quantity, s.id

-- name: drop_outlook
DELETE FROM risk_outlook

-- name: put_outlook
INSERT INTO risk_outlook (site, crop, hazard, time, issued, status, score, certainty, stage_bbch,
    stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated,
    forecast_issued) VALUES %s

-- name: outlook
SELECT o.site, o.crop, o.hazard, o.time, o.issued, o.status, o.score, o.certainty, o.stage_bbch,
       o.stage_source, o.drivers, o.missing, o.data_age_h, o.inputs_hash, o.model_version,
       o.validated, o.forecast_issued, 'forecast' AS source
FROM risk_outlook o JOIN field f ON f.id = o.site
WHERE (%(village)s::text IS NULL OR f.village = %(village)s) AND o.time > %(at)s
ORDER BY o.site, o.crop, o.hazard, o.time

-- name: drop_field_weather
DELETE FROM field_weather

-- name: put_field_weather
INSERT INTO field_weather (site, quantity, origin, nearest_km, stations, standard_error, at)
VALUES %s

-- name: field_weather
SELECT w.site, w.quantity, w.origin, w.nearest_km, w.stations, w.standard_error, w.at
FROM field_weather w JOIN field f ON f.id = w.site
WHERE %(village)s::text IS NULL OR f.village = %(village)s
ORDER BY w.site, w.quantity
