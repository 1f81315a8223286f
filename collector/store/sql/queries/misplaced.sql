-- name: frames
SELECT f.id, f.node, f.epoch, f.boot, f.seq, f.received, f.sealed, p.to_s, f.digest, a.file
FROM frame f
LEFT JOIN frame_placement p ON p.frame_id = f.id
LEFT JOIN frame_archive a ON a.id = f.archive
WHERE f.state = 'decoded' AND (%(node)s::text IS NULL OR f.node = %(node)s)
  AND (%(boot)s::bigint IS NULL OR f.boot = %(boot)s)
  AND (%(since)s::timestamptz IS NULL OR f.received >= %(since)s)
ORDER BY f.node, f.epoch, f.boot, f.seq

-- name: take_away
DELETE FROM reading r
USING unnest(%(series)s::int[], %(times)s::bigint[], %(frames)s::bigint[])
    AS g (series_id, unix_s, frame_id)
WHERE r.series_id = g.series_id AND r.time = to_timestamp(g.unix_s) AND r.frame_id = g.frame_id
RETURNING r.series_id, extract(epoch FROM r.time)::bigint

-- name: forget_conflicts
DELETE FROM reading_conflict WHERE frame_id = ANY(%(frames)s)

-- name: bring_back
-- A second value that had to stand back for one that is gone takes its place.
WITH back AS (
    DELETE FROM reading_conflict c
    USING unnest(%(series)s::int[], %(times)s::bigint[]) AS g (series_id, unix_s)
    WHERE c.series_id = g.series_id AND c.time = to_timestamp(g.unix_s)
      AND (c.received, c.frame_id) = (
        SELECT o.received, o.frame_id FROM reading_conflict o
        WHERE o.series_id = c.series_id AND o.time = c.time
        ORDER BY o.received, o.frame_id LIMIT 1)
    RETURNING c.series_id, c.time, c.value, c.qc, c.frame_id
)
INSERT INTO reading (series_id, time, value, qc, frame_id)
SELECT series_id, time, value, qc, frame_id FROM back
ON CONFLICT (series_id, time) DO NOTHING

-- name: put_placements
INSERT INTO frame_placement (frame_id, from_s, to_s, at, placed_by, reason) VALUES %s
ON CONFLICT (frame_id) DO UPDATE SET to_s = excluded.to_s, at = excluded.at,
    placed_by = excluded.placed_by, reason = excluded.reason

-- name: put_boot_offset
INSERT INTO boot_offset (node, epoch, boot, unix_s)
VALUES (%(node)s, %(epoch)s, %(boot)s, %(unix_s)s)
ON CONFLICT (node, epoch, boot) DO UPDATE SET unix_s = excluded.unix_s

-- name: drop_tails
DELETE FROM series_tail WHERE series_id = ANY(%(series)s::int[])

-- name: renew_tails
-- Since when the value has stood is not looked for: it counts from its last time.
INSERT INTO series_tail (series_id, time, value, qc, valid_time, valid_value, same_since)
SELECT s.id, n.time, n.value, n.qc, v.time, v.value, v.time
FROM unnest(%(series)s::int[]) AS s (id)
CROSS JOIN LATERAL (
    SELECT r.time, r.value, r.qc FROM reading r
    WHERE r.series_id = s.id ORDER BY r.time DESC LIMIT 1) n
LEFT JOIN LATERAL (
    SELECT r.time, r.value FROM reading r
    WHERE r.series_id = s.id AND r.value IS NOT NULL AND r.qc & %(bad)s = 0
    ORDER BY r.time DESC LIMIT 1) v ON true
