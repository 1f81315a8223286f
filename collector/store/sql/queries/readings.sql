-- name: series_of
SELECT s.id, p.field, p.quantity, p.height_m, p.id, p.wet_threshold
FROM series s
JOIN placement p ON p.id = s.placement
JOIN field f ON f.id = p.field
WHERE p.quantity = ANY(%(quantities)s)
  AND (%(fields)s::text[] IS NULL OR p.field = ANY(%(fields)s))
  AND (%(village)s::text IS NULL OR f.village = %(village)s)
ORDER BY p.field, p.quantity, p.id

-- name: sites
SELECT f.id, v.longitude, v.latitude FROM field f JOIN village v ON v.id = f.village
WHERE f.id = ANY(%(fields)s)

-- name: copy_hourly
COPY (
    SELECT h.series_id, (extract(epoch FROM h.hour) / 3600)::int4,
           coalesce(CASE m.method WHEN 'sum' THEN h.sum WHEN 'max' THEN h.max
                                  WHEN 'point' THEN h.last ELSE h.mean END,
                    'NaN'::float8),
           h.completeness, h.qc
    FROM unnest(%(series)s::int[], %(methods)s::text[]) AS m (series_id, method)
    JOIN reading_hourly h USING (series_id)
    WHERE h.hour >= %(start)s AND h.hour < %(end)s
) TO STDOUT (FORMAT binary)

-- name: copy_values
COPY (
    SELECT hour, array_agg(series_id), array_agg(value) FROM (
        SELECT hour, series_id, CASE %(method)s WHEN 'sum' THEN sum WHEN 'max' THEN max
                                                WHEN 'point' THEN last ELSE mean END AS value
        FROM reading_hourly
        WHERE series_id = ANY(%(series)s::int[]) AND completeness >= %(least)s
          AND hour >= %(start)s AND hour < %(end)s
    ) h WHERE value IS NOT NULL GROUP BY hour
) TO STDOUT (FORMAT binary)

-- name: first_hours
SELECT m.series_id, h.hour
FROM unnest(%(series)s::int[]) AS m (series_id), LATERAL (
    SELECT hour FROM reading_hourly WHERE series_id = m.series_id ORDER BY hour LIMIT 1
) h

-- name: latest
SELECT p.quantity, p.field, p.height_m, t.valid_time, t.valid_value, t.qc
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
JOIN field f ON f.id = p.field
WHERE (%(village)s::text IS NULL OR f.village = %(village)s)
  AND (%(quantities)s::text[] IS NULL OR p.quantity = ANY(%(quantities)s))
ORDER BY p.field, p.quantity, p.height_m DESC NULLS LAST, p.id
