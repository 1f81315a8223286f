-- name: ensure_partition
SELECT ensure_reading_partition(to_timestamp(%(unix_s)s))

-- name: partitions
SELECT count(*) FROM pg_inherits WHERE inhparent = 'reading'::regclass

-- name: make_staging
CREATE TEMPORARY TABLE IF NOT EXISTS reading_staging (
    series_id integer, time timestamptz, value double precision, qc smallint, frame_id bigint
) ON COMMIT DELETE ROWS

-- name: copy_staging
COPY reading_staging (series_id, time, value, qc, frame_id) FROM STDIN (FORMAT binary)

-- name: insert_staged
INSERT INTO reading (series_id, time, value, qc, frame_id)
SELECT series_id, time, nullif(value, 'NaN'), qc, frame_id FROM reading_staging
ON CONFLICT (series_id, time) DO NOTHING

-- name: begin_copy
SAVEPOINT all_are_new

-- name: copy_new
COPY reading (series_id, time, value, qc, frame_id) FROM STDIN (FORMAT binary)

-- name: undo_copy
ROLLBACK TO SAVEPOINT all_are_new

-- name: end_copy
RELEASE SAVEPOINT all_are_new

-- name: insert_rows
INSERT INTO reading (series_id, time, value, qc, frame_id)
SELECT series_id, to_timestamp(unix_s), nullif(value, 'NaN'), qc, frame_id
FROM (VALUES %s) AS s (series_id, unix_s, value, qc, frame_id)
ON CONFLICT (series_id, time) DO NOTHING

-- name: staged_conflicts
INSERT INTO reading_conflict (series_id, time, value, qc, frame_id, received)
SELECT s.series_id, s.time, nullif(s.value, 'NaN'), s.qc, s.frame_id, %(received)s
FROM reading_staging s JOIN reading r USING (series_id, time)
WHERE r.frame_id <> s.frame_id AND r.value IS DISTINCT FROM nullif(s.value, 'NaN')
ORDER BY 1, 2 ON CONFLICT DO NOTHING
RETURNING series_id, time, frame_id

-- name: stage_rows
INSERT INTO reading_staging (series_id, time, value, qc, frame_id)
SELECT series_id, to_timestamp(unix_s), value, qc, frame_id
FROM (VALUES %s) AS s (series_id, unix_s, value, qc, frame_id)

-- name: conflicts
SELECT c.series_id, s.placement, c.time, r.value, c.value, c.frame_id, c.received
FROM reading_conflict c
JOIN series s ON s.id = c.series_id
LEFT JOIN reading r USING (series_id, time)
ORDER BY c.received DESC, c.series_id, c.time LIMIT %(limit)s

-- name: copy_out_tails
COPY (
    SELECT series_id, time, coalesce(valid_time, '-infinity'), coalesce(valid_value, 'NaN'),
           coalesce(same_since, '-infinity')
    FROM series_tail WHERE series_id = ANY(%(series)s::int[]) ORDER BY series_id
) TO STDOUT (FORMAT binary)

-- name: before
SELECT w.series_id, extract(epoch FROM p.time)::bigint, p.value,
       extract(epoch FROM f.time)::bigint
FROM unnest(%(series)s::int[], %(times)s::bigint[], %(hours)s::float8[])
    AS w (series_id, unix_s, hours)
CROSS JOIN LATERAL (
    SELECT to_timestamp(w.unix_s) AS until,
           to_timestamp(w.unix_s) - w.hours * interval '1 hour' AS since
) b
CROSS JOIN LATERAL (
    SELECT r.time, r.value FROM reading r
    WHERE r.series_id = w.series_id AND r.time >= b.since AND r.time < b.until
      AND r.value IS NOT NULL AND r.qc & 2048 = 0  -- not struck
    ORDER BY r.time DESC LIMIT 1
) p
CROSS JOIN LATERAL (
    SELECT min(r.time) AS time FROM reading r
    WHERE r.series_id = w.series_id AND r.time >= b.since AND r.time <= p.time
      AND r.value = p.value AND r.time > coalesce((
        SELECT max(d.time) FROM reading d
        WHERE d.series_id = w.series_id AND d.time >= b.since AND d.time < p.time
          AND d.value <> p.value), '-infinity')
) f

-- name: make_tail_staging
CREATE TEMPORARY TABLE IF NOT EXISTS tail_staging (
    series_id integer, time timestamptz, value double precision, qc smallint,
    valid_time timestamptz, valid_value double precision, same_since timestamptz
) ON COMMIT DELETE ROWS

-- name: empty_tail_staging
DELETE FROM tail_staging

-- name: copy_tails
COPY tail_staging (series_id, time, value, qc, valid_time, valid_value, same_since)
FROM STDIN (FORMAT binary)

-- name: step_tails
UPDATE series_tail t SET
    time = s.time, value = nullif(s.value, 'NaN'), qc = s.qc, valid_time = s.valid_time,
    valid_value = nullif(s.valid_value, 'NaN'), same_since = s.same_since
FROM tail_staging s
WHERE t.series_id = s.series_id AND t.time < s.time AND s.valid_time > '-infinity'
  AND (t.valid_time IS NULL OR t.valid_time < s.valid_time)

-- name: put_tails
INSERT INTO series_tail (series_id, time, value, qc, valid_time, valid_value, same_since)
SELECT series_id, time, nullif(value, 'NaN'), qc,
       nullif(valid_time, '-infinity'), nullif(valid_value, 'NaN'), nullif(same_since, '-infinity')
FROM tail_staging ORDER BY series_id
ON CONFLICT (series_id) DO UPDATE SET
    value = CASE WHEN excluded.time > series_tail.time
        THEN excluded.value ELSE series_tail.value END,
    qc = CASE WHEN excluded.time > series_tail.time
        THEN excluded.qc ELSE series_tail.qc END,
    time = greatest(series_tail.time, excluded.time),
    valid_value = CASE WHEN excluded.valid_time > coalesce(series_tail.valid_time, '-infinity')
        THEN excluded.valid_value ELSE series_tail.valid_value END,
    same_since = CASE WHEN excluded.valid_time > coalesce(series_tail.valid_time, '-infinity')
        THEN excluded.same_since ELSE series_tail.same_since END,
    valid_time = greatest(series_tail.valid_time, excluded.valid_time)

-- name: copy_dirty_hours
COPY dirty_hour (series_id, hour, step_s) FROM STDIN (FORMAT binary)

-- name: lock_roll_up
SELECT pg_advisory_xact_lock(hashtext('nongqing.roll_up'))

-- name: roll_up
WITH taken AS (
    DELETE FROM dirty_hour WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM dirty_hour ORDER BY hour LIMIT %(limit)s))
    RETURNING series_id, hour, step_s
), hours AS (
    SELECT t.series_id, t.hour, min(t.step_s) AS step_s,
           EXISTS (SELECT FROM qc_decision d WHERE d.series_id = t.series_id
                   AND d.until > t.hour AND d.since <= t.hour + interval '1 hour') AS decided,
           -- A sum's sample stands at the end of its step, so its hour is open at the start.
           t.hour + CASE WHEN p.quantity = ANY(%(sums)s) THEN interval '1 second'
                         ELSE interval '0' END AS since
    FROM taken t
    JOIN series s ON s.id = t.series_id
    JOIN placement p ON p.id = s.placement
    GROUP BY t.series_id, t.hour, p.quantity
), written AS MATERIALIZED (
    -- What was decided holds of readings that came again, too.
    SELECT write_decided(series_id, since, since + interval '1 hour') FROM hours WHERE decided
), rolled AS (
    INSERT INTO reading_hourly
        (series_id, hour, mean, sum, min, max, last, count, completeness, qc)
    SELECT h.series_id, h.hour, r.mean, r.sum, r.min, r.max, r.last, r.count,
           least(1.0, r.count * h.step_s / 3600.0), r.qc
    FROM hours h CROSS JOIN LATERAL (
        SELECT avg(v) AS mean, sum(v) AS sum, min(v) AS min, max(v) AS max,
               (array_agg(v ORDER BY time DESC) FILTER (WHERE v IS NOT NULL))[1] AS last,
               count(v) AS count, coalesce(bit_or(qc), 128) AS qc
        FROM (
            SELECT time, qc, CASE WHEN qc & %(bad)s = 0 THEN value END AS v FROM (
                SELECT r.time, r.value, CASE WHEN h.decided
                    THEN decided_qc(r.series_id, r.time, r.qc) ELSE r.qc END AS qc
                FROM reading r
                WHERE r.series_id = h.series_id
                  AND r.time >= h.since AND r.time < h.since + interval '1 hour'
            ) told
        ) samples
    ) r
    ORDER BY h.series_id, h.hour
    ON CONFLICT (series_id, hour) DO UPDATE SET
        mean = excluded.mean, sum = excluded.sum, min = excluded.min, max = excluded.max,
        last = excluded.last, count = excluded.count, completeness = excluded.completeness,
        qc = excluded.qc
    RETURNING hour
)
SELECT (SELECT count(*) FROM taken), count(*), min(hour), max(hour) FROM rolled
WHERE (SELECT count(*) FROM written) >= 0

-- name: series_with
SELECT s.id FROM series s JOIN placement p ON p.id = s.placement
WHERE s.id = ANY(%(series)s) AND p.quantity = ANY(%(quantities)s)

-- name: compress_before
SELECT compress_readings_before(%(instant)s)

-- name: drop_before
SELECT drop_readings_before(%(instant)s)
