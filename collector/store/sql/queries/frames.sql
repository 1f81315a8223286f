-- name: insert
INSERT INTO frame (node, epoch, boot, seq, received, layout, state, sealed) VALUES %s
ON CONFLICT (node, epoch, boot, seq) DO NOTHING
RETURNING id, node, epoch, boot, seq

-- name: take_numbers
SELECT nextval(pg_get_serial_sequence('frame', 'id')) FROM generate_series(1, %(count)s)

-- name: begin_copy
SAVEPOINT all_frames_are_new

-- name: copy_new
COPY frame (id, node, epoch, boot, seq, received, layout, state, sealed)
FROM STDIN (FORMAT binary)

-- name: undo_copy
ROLLBACK TO SAVEPOINT all_frames_are_new

-- name: end_copy
RELEASE SAVEPOINT all_frames_are_new

-- name: seen
UPDATE node SET last_seen = %(at)s
WHERE id IN (SELECT id FROM node WHERE id = ANY(%(nodes)s) ORDER BY id FOR UPDATE)

-- name: set_state
UPDATE frame SET state = %(state)s WHERE id = ANY(%(ids)s)

-- name: put_boot_offsets
INSERT INTO boot_offset (node, epoch, boot, unix_s)
SELECT * FROM unnest(%(nodes)s::text[], %(epochs)s::int[], %(boots)s::bigint[],
                     %(starts)s::bigint[])
ON CONFLICT (node, epoch, boot) DO NOTHING

-- name: take_waiting_time
SELECT f.id, f.node, f.epoch, f.boot, f.seq, f.received, f.sealed, b.unix_s
FROM frame f JOIN boot_offset b USING (node, epoch, boot)
WHERE f.state = 'waiting_time'
ORDER BY f.id LIMIT %(limit)s FOR UPDATE OF f SKIP LOCKED

-- name: take_waiting_layout
SELECT f.id, f.node, f.epoch, f.boot, f.seq, f.received, f.sealed, NULL
FROM frame f JOIN layout l ON l.id = f.layout
WHERE f.state = 'waiting_layout'
ORDER BY f.id LIMIT %(limit)s FOR UPDATE OF f SKIP LOCKED

-- name: take_waiting_clock
SELECT f.id, f.node, f.epoch, f.boot, f.seq, f.received, f.sealed, NULL
FROM frame f WHERE f.state = 'waiting_clock'
ORDER BY f.id LIMIT %(limit)s FOR UPDATE OF f SKIP LOCKED

-- name: revive
UPDATE frame SET state = 'waiting_clock' WHERE state = 'dead' AND archive IS NULL AND id IN (
    SELECT frame_id FROM dead_letter WHERE reason = 'time_out_of_window')

-- name: put_lost
INSERT INTO lost_frames (node, epoch, boot, first, last, received)
VALUES (%(node)s, %(epoch)s, %(boot)s, %(first)s, %(last)s, %(received)s)
ON CONFLICT DO NOTHING

-- name: step_watermarks
UPDATE watermark m SET seq = w.last
FROM unnest(%(nodes)s::text[], %(epochs)s::int[], %(boots)s::bigint[], %(firsts)s::bigint[],
            %(lasts)s::bigint[]) AS w (node, epoch, boot, first, last)
WHERE (m.node, m.epoch, m.boot) = (w.node, w.epoch, w.boot) AND m.seq = w.first - 1
  AND NOT EXISTS (
    SELECT FROM frame f WHERE f.node = w.node AND f.epoch = w.epoch AND f.boot = w.boot
      AND f.seq = w.last + 1)
  AND NOT EXISTS (
    SELECT FROM lost_frames l WHERE (l.node, l.epoch, l.boot) = (w.node, w.epoch, w.boot)
      AND l.first <= w.last + 1 AND l.last > w.last)
RETURNING m.node, m.epoch, m.boot, m.seq

-- name: begin_watermarks
INSERT INTO watermark (node, epoch, boot, seq)
SELECT node, epoch, boot, -1
FROM unnest(%(nodes)s::text[], %(epochs)s::int[], %(boots)s::bigint[]) AS w (node, epoch, boot)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING

-- name: advance_watermarks
WITH boots AS (
    SELECT m.node, m.epoch, m.boot, m.seq FROM watermark m
    JOIN unnest(%(nodes)s::text[], %(epochs)s::int[], %(boots)s::bigint[])
        AS w (node, epoch, boot) USING (node, epoch, boot)
    ORDER BY 1, 2, 3 FOR UPDATE OF m
), ranges AS (
    SELECT b.node, b.epoch, b.boot, b.seq, f.seq AS first, f.seq AS last
    FROM boots b CROSS JOIN LATERAL (
        SELECT f.seq FROM frame f
        WHERE f.node = b.node AND f.epoch = b.epoch AND f.boot = b.boot AND f.seq > b.seq
        ORDER BY f.seq LIMIT 10000
    ) f
    UNION ALL
    SELECT b.node, b.epoch, b.boot, b.seq, l.first, l.last
    FROM boots b JOIN lost_frames l USING (node, epoch, boot)
    WHERE l.last > b.seq
), reached AS (
    SELECT node, epoch, boot, first, last,
           greatest(seq, max(last) OVER (
               PARTITION BY node, epoch, boot ORDER BY first, last
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS before
    FROM ranges
), marks AS (
    SELECT node, epoch, boot,
           coalesce(min(before) FILTER (WHERE first > before + 1), max(last)) AS seq
    FROM reached GROUP BY node, epoch, boot
)
UPDATE watermark m SET seq = marks.seq FROM marks
WHERE (m.node, m.epoch, m.boot) = (marks.node, marks.epoch, marks.boot) AND marks.seq > m.seq

-- name: watermarks
SELECT m.node, m.epoch, m.boot, m.seq FROM watermark m
JOIN unnest(%(nodes)s::text[], %(epochs)s::int[], %(boots)s::bigint[]) AS w (node, epoch, boot)
    USING (node, epoch, boot)
WHERE m.seq >= 0

-- name: stored
SELECT f.node, f.epoch, f.boot, f.seq, f.sealed, f.digest FROM frame f
JOIN unnest(%(nodes)s::text[], %(epochs)s::int[], %(boots)s::bigint[], %(seqs)s::bigint[])
    AS w (node, epoch, boot, seq) USING (node, epoch, boot, seq)

-- name: put_dead_letters
INSERT INTO dead_letter (received, topic, node, frame_id, reason, params, bytes) VALUES %s
ON CONFLICT (topic, reason, md5(bytes)) DO UPDATE SET repaired = NULL
WHERE dead_letter.repaired IS NOT NULL

-- name: dead_letters
SELECT received, topic, node, frame_id, reason, params, bytes FROM dead_letter
WHERE repaired IS NULL ORDER BY id DESC LIMIT %(limit)s

-- name: put_refusals
INSERT INTO refusal (node, reason, day, count, last_received, last_bytes) VALUES %s
ON CONFLICT (node, reason, day) DO UPDATE SET
    count = refusal.count + excluded.count,
    last_received = excluded.last_received,
    last_bytes = excluded.last_bytes

-- name: unknown_names
SELECT node FROM refusal WHERE reason = %(reason)s AND day = ANY(%(days)s)

-- name: refusals
SELECT node, reason, day, count, last_received, last_bytes FROM refusal
ORDER BY day DESC, node, reason LIMIT %(limit)s

-- name: counts
-- Of millions of frames the server's own estimate is told: counting them takes seconds.
SELECT (SELECT CASE WHEN reltuples > 1e6 THEN reltuples::bigint
               ELSE (SELECT count(*) FROM frame) END
        FROM pg_class WHERE oid = 'frame'::regclass) AS frames,
       (SELECT count(*) FROM frame WHERE state IN ('waiting_time', 'waiting_clock'))
           AS waiting_time,
       (SELECT count(*) FROM frame WHERE state = 'waiting_layout') AS waiting_layout,
       (SELECT count(*) FROM dead_letter WHERE repaired IS NULL) AS dead_letters,
       (SELECT coalesce(sum(count), 0)::bigint FROM refusal) AS refusals,
       (SELECT count(*) FROM reading_conflict) AS conflicts,
       (SELECT count(*) FROM maintenance_item WHERE closed IS NULL) AS open_items

-- name: count_by_node
SELECT node, count(*) FROM frame GROUP BY node
