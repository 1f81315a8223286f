-- name: seen
SELECT delivery, by_code FROM spraying_told

-- name: newest
SELECT coalesce(max(id), 0) FROM weather_delivery WHERE kind = 'forecast'

-- name: has_new_fields
SELECT EXISTS (SELECT FROM field f LEFT JOIN spraying_hours s ON s.field = f.id WHERE s.field IS NULL)

-- name: keep
INSERT INTO spraying_hours AS s (field, hours)
SELECT f.id, nullif(given.hours, 'null')
FROM unnest(%(fields)s::text[], %(hours)s::jsonb[]) AS given (field, hours)
JOIN field f ON f.id = given.field
ON CONFLICT (field) DO UPDATE SET hours = EXCLUDED.hours WHERE s.hours IS DISTINCT FROM EXCLUDED.hours

-- name: keep_seen
INSERT INTO spraying_told (delivery, by_code) VALUES (%(delivery)s, %(by_code)s)
ON CONFLICT (one) DO UPDATE SET delivery = EXCLUDED.delivery, by_code = EXCLUDED.by_code
