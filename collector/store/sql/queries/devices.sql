-- name: silent_nodes
SELECT id, last_seen FROM node
WHERE enrolled IS NOT NULL AND enrolled < %(before)s
  AND (last_seen IS NULL OR last_seen < %(before)s)
  AND EXISTS (SELECT FROM node_key k WHERE k.node = node.id AND k.retired IS NULL)
ORDER BY id

-- name: silent_external
-- A device that measures seldom is silent only after three of its steps.
SELECT id, last_seen FROM external_device
WHERE retired IS NULL
  AND coalesce(last_seen, enrolled) < least(
      %(before)s, %(now)s::timestamptz - 3 * step_s * interval '1 second')
ORDER BY id

-- name: silent_placements
SELECT p.id, a.node, t.valid_time
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
WHERE t.value IS NULL AND t.time >= %(before)s
  AND (t.valid_time IS NULL OR t.valid_time < %(before)s)
ORDER BY p.id

-- name: frozen_placements
SELECT p.id, coalesce(a.node, x.device), p.quantity, t.valid_value, t.same_since, a.node
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
LEFT JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
LEFT JOIN external_channel x ON x.placement = p.id AND x.valid_to IS NULL
WHERE coalesce(a.node, x.device) IS NOT NULL AND t.qc & %(freeze)s <> 0 AND t.time >= %(since)s
ORDER BY p.id

-- name: placements_ahead
SELECT p.id, a.node, t.time
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
LEFT JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
WHERE t.time > %(latest)s
ORDER BY p.id

-- name: missing_frames
-- The first frame that came after the ones that are complete, where it came long enough ago: those
-- between have been acknowledged and lost, or will never come.
SELECT m.node, m.epoch, m.boot, m.seq + 1, n.seq - 1, n.received
FROM watermark m
CROSS JOIN LATERAL (
    SELECT f.seq, f.received FROM frame f
    WHERE f.node = m.node AND f.epoch = m.epoch AND f.boot = m.boot AND f.seq > m.seq
    ORDER BY f.seq LIMIT 1) n
WHERE n.seq > m.seq + 1 AND n.received < %(before)s
ORDER BY m.node, m.epoch, m.boot

-- name: flag_frozen
-- A sensor is known to be stuck only after hours; then all of its run is not to be believed. How
-- far samples are apart is what made the hour's completeness. Where a person took that doubt away,
-- none is raised.
WITH stuck AS (
    SELECT series_id, same_since, time, valid_value FROM series_tail
    WHERE qc & %(freeze)s <> 0 AND time >= %(since)s
), flagged AS (
    UPDATE reading r SET qc = r.qc | %(freeze)s FROM stuck t
    WHERE r.series_id = t.series_id AND r.time >= t.same_since AND r.time <= t.time
      AND r.value = t.valid_value AND r.qc & %(freeze)s = 0
      AND decided_qc(r.series_id, r.time, (r.qc | %(freeze)s)::smallint) & %(freeze)s <> 0
    RETURNING r.series_id, date_trunc('hour', r.time) AS hour
), again AS (
    INSERT INTO dirty_hour (series_id, hour, step_s)
    SELECT DISTINCT f.series_id, f.hour,
           coalesce(round(3600 * h.completeness / nullif(h.count, 0)), 3600)::integer
    FROM flagged f LEFT JOIN reading_hourly h USING (series_id, hour)
)
SELECT count(*) FROM flagged

-- name: refused_nodes
-- An ask that is not answered is nothing that a technician could mend at the node.
SELECT DISTINCT ON (r.node) r.node, r.reason, r.count
FROM refusal r JOIN node n ON n.id = r.node
WHERE r.last_received >= %(since)s AND NOT starts_with(r.reason, 'update_')
ORDER BY r.node, r.last_received DESC

-- name: nodes_of
SELECT placement, node FROM assignment
WHERE valid_to IS NULL AND placement = ANY(%(placements)s)

-- name: newest_readings
SELECT a.node, max(t.time)
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN assignment a ON a.placement = s.placement AND a.valid_to IS NULL
GROUP BY a.node

-- name: falling_batteries
-- The lowest hour of each of the last four nights (18 to 6 h local); three times in a row lower.
SELECT node, lowest[1], lowest[4] FROM (
    SELECT node, array_agg(volts ORDER BY night) AS lowest FROM (
        SELECT a.node, floor(extract(epoch FROM h.hour - %(first)s::timestamptz) / 86400) AS night,
               min(h.min) AS volts
        FROM assignment a
        JOIN placement p ON p.id = a.placement AND p.quantity = 'battery_voltage'
        JOIN series s ON s.placement = p.id
        JOIN reading_hourly h ON h.series_id = s.id
        WHERE a.valid_to IS NULL AND h.hour >= %(first)s AND h.min IS NOT NULL
          AND h.hour < %(first)s::timestamptz + interval '4 days'
          AND mod(extract(epoch FROM h.hour - %(first)s::timestamptz)::bigint, 86400) < 43200
          AND (a.valid_from IS NULL OR h.hour >= a.valid_from)
        GROUP BY 1, 2
    ) nights GROUP BY node HAVING count(*) = 4
) n
WHERE lowest[1] - lowest[2] >= %(step)s AND lowest[2] - lowest[3] >= %(step)s
  AND lowest[3] - lowest[4] >= %(step)s
ORDER BY node
