-- name: days
-- Water of meters by local day [L], of hours that are known, and how many are not whole.
SELECT p.field, p.id, (h.hour AT TIME ZONE 'Asia/Shanghai')::date, sum(h.sum), count(*) FILTER (WHERE h.completeness < 1)
FROM placement p JOIN series s ON s.placement = p.id JOIN reading_hourly h ON h.series_id = s.id
WHERE p.quantity = 'water_volume' AND p.field = ANY(%(fields)s)
  AND h.hour >= %(since)s AND h.hour < %(until)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3

-- name: meters
SELECT p.id, a.node FROM placement p
LEFT JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
WHERE p.quantity = 'water_volume' AND p.field = %(field)s ORDER BY p.id

-- name: allocate
INSERT INTO water_allocation (field, first, last, m3, at, given_by, why)
VALUES (%(field)s, %(first)s, %(last)s, %(m3)s, %(at)s, %(by)s, %(why)s)

-- name: allocation
SELECT first, last, m3, at, given_by, why FROM water_allocation
WHERE field = %(field)s AND %(day)s BETWEEN first AND last ORDER BY id DESC LIMIT 1

-- name: release
INSERT INTO advice_release (field, first, last, most_mm, at, released_by, why)
VALUES (%(field)s, %(first)s, %(last)s, %(most_mm)s, %(at)s, %(by)s, %(why)s)

-- name: released
SELECT first, last, most_mm, at, released_by, why FROM advice_release
WHERE field = %(field)s AND %(day)s BETWEEN first AND last AND withdrawn IS NULL ORDER BY id DESC LIMIT 1

-- name: withdraw
UPDATE advice_release SET withdrawn = %(at)s, withdrawn_by = %(by)s
WHERE field = %(field)s AND withdrawn IS NULL AND last >= %(day)s RETURNING id

-- name: put_flow
INSERT INTO output_flow (node, output, m3_h, at, given_by, why)
VALUES (%(node)s, %(output)s, %(m3_h)s, %(at)s, %(by)s, %(why)s)

-- name: flows
SELECT DISTINCT ON (node, output) node, output, m3_h FROM output_flow
WHERE node = ANY(%(nodes)s) ORDER BY node, output, id DESC
