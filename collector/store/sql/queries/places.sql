-- name: places
SELECT p.number, p.name, coalesce(v.longitude, p.longitude), coalesce(v.latitude, p.latitude),
       v.id IS NOT NULL
FROM weather_place p
LEFT JOIN field f ON f.id = p.name
LEFT JOIN village v ON v.id IN (p.name, f.village)
WHERE p.removed IS NULL
ORDER BY p.name

-- name: add_places
WITH added AS (
    INSERT INTO weather_place (name, longitude, latitude)
    SELECT v.name, v.longitude, v.latitude
    FROM unnest(%(names)s::text[], %(longitudes)s::float8[], %(latitudes)s::float8[])
        AS v (name, longitude, latitude)
    ON CONFLICT (name) WHERE removed IS NULL DO NOTHING
    RETURNING number, name, longitude, latitude
), noted AS (
    INSERT INTO weather_place_change (place, action, longitude, latitude, at, changed_by, reason)
    SELECT number, 'added', longitude, latitude, %(at)s, %(by)s, %(reason)s FROM added
)
SELECT number, name FROM added
UNION SELECT number, name FROM weather_place
WHERE name = ANY(%(names)s) AND removed IS NULL

-- name: move_place
WITH moved AS (
    UPDATE weather_place SET longitude = %(longitude)s, latitude = %(latitude)s
    WHERE name = %(name)s AND removed IS NULL
    RETURNING number, longitude, latitude
)
INSERT INTO weather_place_change (place, action, longitude, latitude, at, changed_by, reason)
SELECT number, 'moved', longitude, latitude, %(at)s, %(by)s, %(reason)s FROM moved
RETURNING place

-- name: remove_place
WITH gone AS (
    UPDATE weather_place SET removed = %(at)s
    WHERE name = %(name)s AND removed IS NULL
    RETURNING number, longitude, latitude
)
INSERT INTO weather_place_change (place, action, longitude, latitude, at, changed_by, reason)
SELECT number, 'removed', longitude, latitude, %(at)s, %(by)s, %(reason)s FROM gone
RETURNING place

-- name: stock
SELECT p.name, s.kind, count(*), min(w.time), max(w.time)
FROM weather_value w
JOIN weather_series s ON s.id = w.series_id
JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
GROUP BY p.name, s.kind ORDER BY p.name, s.kind

-- name: changes
SELECT p.name, c.action, c.longitude, c.latitude, c.at, c.changed_by, c.reason
FROM weather_place_change c JOIN weather_place p ON p.number = c.place
ORDER BY c.id DESC
