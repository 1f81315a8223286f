-- name: put
INSERT INTO departure (series_id, day, departure, usual, own_range, near_range)
SELECT series_id, %(day)s, departure, nullif(usual, 'NaN'), own_range, near_range
FROM unnest(%(series)s::int[], %(departures)s::float4[], %(usual)s::float4[],
            %(own)s::float4[], %(near)s::float4[])
    AS g (series_id, departure, usual, own_range, near_range)
ON CONFLICT (day, series_id) DO UPDATE SET
    departure = excluded.departure, usual = excluded.usual, own_range = excluded.own_range,
    near_range = excluded.near_range

-- name: copy_days
COPY (
    SELECT series_id, (day - date '1970-01-01')::int4, departure, own_range, near_range
    FROM departure WHERE day >= %(first)s AND day < %(end)s
) TO STDOUT (FORMAT binary)

-- name: usual
SELECT series_id, usual FROM departure
WHERE day = (SELECT max(day) FROM departure WHERE day <= %(day)s) AND usual IS NOT NULL

-- name: served_since
-- Since when what serves a series now does; null: ever.
SELECT s.id, a.valid_from, a.node FROM assignment a JOIN series s ON s.placement = a.placement
WHERE a.valid_to IS NULL

-- name: forget
DELETE FROM departure WHERE day < %(before)s
