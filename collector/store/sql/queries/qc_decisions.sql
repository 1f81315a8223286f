-- name: put
INSERT INTO qc_decision
    (series_id, since, until, bit, stands, at, person, decided_by, reason, evidence)
VALUES (%(series)s, %(since)s, coalesce(%(until)s::timestamptz, 'infinity'), %(bit)s, %(stands)s, %(at)s, true,
        %(by)s, %(reason)s, '{}')

-- name: write
SELECT write_decided(%(series)s, %(since)s::timestamptz, coalesce(%(until)s::timestamptz, 'infinity'))

-- name: note_hours
-- How far samples are apart is told by the nearest two. A sample of a sum stands at its step's end.
INSERT INTO dirty_hour (series_id, hour, step_s)
SELECT %(series)s::integer, hour, greatest(1, least(3600, coalesce(min(gap_s), 3600)))
FROM (
    SELECT date_trunc('hour', time - CASE WHEN %(sums)s THEN interval '1 second'
                                          ELSE interval '0' END) AS hour,
           time, extract(epoch FROM time - lag(time) OVER (ORDER BY time))::integer AS gap_s
    FROM reading
    WHERE series_id = %(series)s AND time >= %(since)s::timestamptz - interval '1 hour'
      AND time < coalesce(%(until)s::timestamptz, 'infinity') + interval '1 hour'
) r
WHERE hour > %(since)s::timestamptz - interval '1 hour'
  AND hour < coalesce(%(until)s::timestamptz, 'infinity')
GROUP BY hour

-- name: counted
SELECT count(*) FILTER (WHERE qc & %(bit)s <> 0), count(*) FROM reading
WHERE series_id = %(series)s AND time >= %(since)s
  AND time < coalesce(%(until)s::timestamptz, 'infinity')

-- name: persons
-- What people decided on a bit, in that order.
SELECT series_id, extract(epoch FROM since)::float8, extract(epoch FROM until)::float8, stands
FROM qc_decision WHERE bit = %(bit)s AND person ORDER BY id

-- name: of_series
SELECT d.id, d.since, nullif(d.until, 'infinity'), d.bit, d.stands, d.at, d.person, d.decided_by,
       d.reason, d.evidence
FROM qc_decision d
WHERE d.series_id = %(series)s AND d.until > %(start)s AND d.since < %(end)s
ORDER BY d.id DESC LIMIT %(limit)s

-- name: stand
-- Which bits stand in hours of series, of those that jobs set and lift.
SELECT series_id, (extract(epoch FROM hour) / 3600)::integer, qc FROM reading_hourly
WHERE series_id = ANY(%(series)s::int[]) AND hour >= %(start)s AND hour < %(end)s
  AND qc & %(bits)s <> 0

-- name: put_many
-- Where a person has decided, a job does not.
WITH given AS (
    SELECT * FROM unnest(%(series)s::int[], %(first)s::bigint[], %(last)s::bigint[],
                         %(bits)s::int[], %(stands)s::bool[], %(evidence)s::text[])
        AS g (series_id, first_s, last_s, bit, stands, evidence)
), put AS (
    INSERT INTO qc_decision
        (series_id, since, until, bit, stands, at, person, decided_by, reason, evidence)
    SELECT g.series_id, to_timestamp(g.first_s), to_timestamp(g.last_s), g.bit, g.stands, %(at)s,
           false, %(by)s, %(reason)s, g.evidence::jsonb
    FROM given g
    WHERE NOT EXISTS (
        SELECT FROM qc_decision d
        WHERE d.series_id = g.series_id AND d.bit = g.bit AND d.person
          AND d.since < to_timestamp(g.last_s) AND d.until > to_timestamp(g.first_s))
    ORDER BY g.series_id, g.first_s, g.bit
    RETURNING series_id, since, until, bit
)
SELECT series_id, extract(epoch FROM since)::bigint, extract(epoch FROM until)::bigint, bit FROM put

-- name: write_many
SELECT count(write_decided(series_id, to_timestamp(first_s), to_timestamp(last_s)))
FROM unnest(%(series)s::int[], %(first)s::bigint[], %(last)s::bigint[])
    AS g (series_id, first_s, last_s)

-- name: mark_hours
-- A bit of doubt changes no value of an hour: nothing needs to be rolled up again.
UPDATE reading_hourly h SET qc = (h.qc & ~g.lifted | g.put)::smallint
FROM (
    SELECT series_id, hour, bit_or(CASE WHEN stands THEN bit ELSE 0 END)::smallint AS put,
           bit_or(CASE WHEN stands THEN 0 ELSE bit END)::smallint AS lifted
    FROM unnest(%(series)s::int[], %(hours)s::bigint[], %(bits)s::int[], %(stands)s::bool[])
        AS g (series_id, hour, bit, stands)
    GROUP BY series_id, hour
) g
WHERE h.series_id = g.series_id AND h.hour = to_timestamp(g.hour * 3600)

-- name: marked
-- Which of these readings, by their place, have a bit.
SELECT g.place FROM unnest(%(series)s::int[], %(times)s::bigint[], %(frames)s::bigint[])
    WITH ORDINALITY AS g (series_id, unix_s, frame_id, place)
CROSS JOIN LATERAL (
    SELECT FROM reading r
    WHERE r.series_id = g.series_id AND r.time = to_timestamp(g.unix_s)
      AND r.frame_id = g.frame_id AND r.qc & %(bit)s <> 0) there

-- name: put_moved
INSERT INTO qc_decision
    (series_id, since, until, bit, stands, at, person, decided_by, reason, evidence)
SELECT series_id, to_timestamp(first_s), to_timestamp(last_s + 1), %(bit)s, true, %(at)s, true,
       %(by)s, %(reason)s, '{"rule": "moved"}'
FROM unnest(%(series)s::int[], %(first)s::bigint[], %(last)s::bigint[])
    AS g (series_id, first_s, last_s)
ORDER BY series_id, first_s
