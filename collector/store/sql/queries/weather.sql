-- name: put_series
INSERT INTO weather_series (kind, place, quantity)
SELECT %(kind)s, v.place, v.quantity
FROM unnest(%(places)s::integer[], %(quantities)s::text[]) AS v (place, quantity)
ON CONFLICT (kind, place, quantity) DO NOTHING

-- name: series
SELECT s.id, s.place, s.quantity FROM weather_series s
JOIN unnest(%(places)s::integer[], %(quantities)s::text[]) AS v (place, quantity)
    ON (s.place, s.quantity) = (v.place, v.quantity)
WHERE s.kind = %(kind)s

-- name: stage_table
CREATE TEMPORARY TABLE staged_weather (
    line integer NOT NULL,
    series integer NOT NULL,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    value double precision NOT NULL,
    qc smallint NOT NULL
) ON COMMIT DROP

-- name: stage
COPY staged_weather (line, series, time, issued, value, qc) FROM STDIN (FORMAT binary)

-- name: find_changes
-- What differs from the newest delivery of the same hour; of two in one delivery the first counts.
CREATE TEMPORARY TABLE changed_weather ON COMMIT DROP AS
SELECT DISTINCT ON (n.series, n.time, n.issued)
       n.line, n.series, n.time, n.issued, n.value, n.qc, w.value AS before,
       w.delivery AS said_by
FROM staged_weather n
LEFT JOIN LATERAL (
    SELECT value, qc, delivery FROM weather_value
    WHERE series_id = n.series AND time = n.time AND issued = n.issued
    ORDER BY delivery DESC LIMIT 1
) w ON true
WHERE w.value IS DISTINCT FROM n.value
   OR (w.qc & %(unusable)s = 0) IS DISTINCT FROM (n.qc & %(unusable)s = 0)
ORDER BY n.series, n.time, n.issued, n.line

-- name: put_changes
WITH given AS (
    INSERT INTO weather_delivery (kind, source, name, received)
    SELECT %(kind)s, %(source)s, %(name)s, %(received)s
    WHERE EXISTS (SELECT FROM changed_weather)
    RETURNING id
)
INSERT INTO weather_value (series_id, time, issued, delivery, value, qc)
SELECT c.series, c.time, c.issued, g.id, c.value, c.qc FROM changed_weather c, given g
ORDER BY c.series, c.time, c.issued

-- name: count_lines
SELECT count(*), count(*) FILTER (WHERE corrected),
       (SELECT count(DISTINCT line) FROM staged_weather)
FROM (SELECT line, bool_or(before IS NOT NULL) AS corrected FROM changed_weather GROUP BY line) l

-- name: corrections
SELECT c.line, p.name, s.quantity, c.time, c.value, c.before, d.source, d.name, d.received
FROM changed_weather c
JOIN weather_series s ON s.id = c.series
JOIN weather_place p ON p.number = s.place
JOIN weather_delivery d ON d.id = c.said_by
ORDER BY c.line, s.quantity LIMIT %(limit)s

-- name: lines_there
SELECT line FROM staged_weather EXCEPT SELECT line FROM changed_weather
ORDER BY line LIMIT %(limit)s

-- name: count_overtaken
SELECT count(*) FROM changed_weather c
WHERE EXISTS (
    SELECT FROM weather_value w
    WHERE w.series_id = c.series AND w.time = c.time AND w.issued > c.issued
)

-- name: forecast
SELECT place, quantity, array_agg((extract(epoch FROM time) / 3600)::integer), array_agg(value),
       min(issued)
FROM (
    SELECT DISTINCT ON (p.name, s.quantity, w.time)
           p.name AS place, s.quantity, w.time, w.value, w.issued, w.qc
    FROM weather_value w
    JOIN weather_series s ON s.id = w.series_id
    JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
    WHERE s.kind = 'forecast' AND s.quantity = ANY(%(quantities)s)
      AND (%(places)s::text[] IS NULL OR p.name = ANY(%(places)s))
      AND w.time >= %(start)s AND w.time < %(end)s
      AND w.issued <= %(at)s AND w.issued > %(since)s
    ORDER BY p.name, s.quantity, w.time, w.issued DESC, w.delivery DESC
) newest WHERE qc & %(unusable)s = 0
GROUP BY place, quantity
ORDER BY place, quantity

-- name: observed
SELECT place, quantity, array_agg((extract(epoch FROM time) / 3600)::integer), array_agg(value),
       min(issued)
FROM (
    SELECT DISTINCT ON (p.name, s.quantity, w.time)
           p.name AS place, s.quantity, w.time, w.value, w.issued, w.qc
    FROM weather_value w
    JOIN weather_series s ON s.id = w.series_id
    JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
    WHERE s.kind = 'observed' AND s.quantity = ANY(%(quantities)s)
      AND w.time >= %(start)s AND w.time < %(end)s
    ORDER BY p.name, s.quantity, w.time, w.delivery DESC
) newest WHERE qc & %(unusable)s = 0
GROUP BY place, quantity
ORDER BY place, quantity

-- name: observed_stations
SELECT s.id, p.name, s.quantity, f.time
FROM weather_series s JOIN weather_place p ON p.number = s.place AND p.removed IS NULL, LATERAL (
    SELECT time FROM weather_value WHERE series_id = s.id ORDER BY time LIMIT 1
) f
WHERE s.kind = 'observed' AND s.quantity = ANY(%(quantities)s)
ORDER BY p.name, s.quantity, s.id

-- name: history
SELECT s.kind, s.quantity, w.time, w.issued, w.value, w.qc, d.source, d.name, d.received
FROM weather_value w
JOIN weather_series s ON s.id = w.series_id
JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
JOIN weather_delivery d ON d.id = w.delivery
WHERE p.name = %(place)s
  AND (%(quantity)s::text IS NULL OR s.quantity = %(quantity)s)
  AND (%(kind)s::text IS NULL OR s.kind = %(kind)s)
  AND w.time >= %(start)s AND w.time < %(end)s
ORDER BY s.kind, s.quantity, w.time, w.issued, w.delivery
LIMIT %(most)s
