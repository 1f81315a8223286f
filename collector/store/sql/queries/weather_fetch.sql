-- name: put_fetch
INSERT INTO weather_fetch (provider, asked, outcome, places, new_values, refused, not_before, kind,
    params)
VALUES (%(provider)s, %(asked)s, %(outcome)s, %(places)s, %(new_values)s, %(refused)s,
    %(not_before)s, %(kind)s, %(params)s)

-- name: prune
DELETE FROM weather_fetch WHERE asked < %(before)s

-- name: fetches
SELECT provider, asked, outcome, places, new_values, refused, not_before, kind, params
FROM weather_fetch WHERE provider = %(provider)s ORDER BY id DESC LIMIT %(most)s

-- name: asked_places
-- Places that forecasts are given for and that are no village or field.
SELECT p.name, p.longitude, p.latitude
FROM weather_place p
WHERE p.removed IS NULL
  AND EXISTS (SELECT FROM weather_series s WHERE s.place = p.number AND s.kind = 'forecast')
ORDER BY p.name

-- name: told_places
-- Places for which a source told the coming hours since a moment.
SELECT DISTINCT p.name
FROM weather_series s
JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
JOIN weather_value w ON w.series_id = s.id
JOIN weather_delivery d ON d.id = w.delivery
WHERE s.kind = 'forecast' AND d.source = %(source)s
  AND w.time > %(at)s AND w.time <= %(at)s::timestamptz + interval '2 hours'
  AND w.issued > %(since)s AND w.issued <= %(at)s
