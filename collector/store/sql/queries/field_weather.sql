-- name: drop_field_weather
DELETE FROM field_weather

-- name: put_field_weather
INSERT INTO field_weather (site, quantity, origin, nearest_km, stations, standard_error, at)
VALUES %s

-- name: field_weather
SELECT w.site, w.quantity, w.origin, w.nearest_km, w.stations, w.standard_error, w.at
FROM field_weather w JOIN field f ON f.id = w.site
WHERE %(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private)
ORDER BY w.site, w.quantity
