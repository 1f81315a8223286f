-- What loggers measured while they rode in an asset.

-- name: readings
SELECT l.node, a.channel, p.quantity, r.time, r.value, r.qc
FROM asset_logger l
JOIN assignment a ON a.node = l.node
JOIN placement p ON p.id = a.placement
JOIN series s ON s.placement = p.id
JOIN reading r ON r.series_id = s.id
    AND r.time >= %(start)s AND r.time <= %(end)s
    AND r.time >= l.since AND (l.until IS NULL OR r.time < l.until)
    AND (a.valid_from IS NULL OR r.time >= a.valid_from)
    AND (a.valid_to IS NULL OR r.time < a.valid_to)
WHERE l.asset = %(asset)s AND (%(node)s::text IS NULL OR l.node = %(node)s)
    AND l.since <= %(end)s AND (l.until IS NULL OR l.until > %(start)s)
ORDER BY l.node, a.channel, p.quantity, r.time

-- name: windows
-- Spans of an attachment that are over and not told as they stand now: one that was told is told
-- anew where readings came since, or were struck (bit 2048).
WITH span AS (
    SELECT l.id, l.node, l.asset, greatest(g.start, l.since) AS start,
           least(g.start + make_interval(secs => %(every)s), l.until) AS until
    FROM asset_logger l
    CROSS JOIN LATERAL generate_series(
        to_timestamp(floor(extract(epoch FROM greatest(l.since, %(since)s)) / %(every)s)
                     * %(every)s),
        %(until)s, make_interval(secs => %(every)s)) AS g (start)
    WHERE (l.until IS NULL OR l.until > %(since)s)
), counted AS (
    SELECT span.*, (
        SELECT count(r.value) FILTER (WHERE r.qc & 2048 = 0) FROM assignment a
        JOIN series s ON s.placement = a.placement
        JOIN reading r ON r.series_id = s.id AND r.time >= span.start AND r.time < span.until
            AND (a.valid_from IS NULL OR r.time >= a.valid_from)
            AND (a.valid_to IS NULL OR r.time < a.valid_to)
        WHERE a.node = span.node) AS readings
    FROM span
    WHERE span.start < span.until AND span.until <= %(until)s AND span.start >= %(since)s
)
SELECT c.id, c.node, c.asset, c.start, c.until, c.readings, t.readings, t.event_id,
       coalesce(t.revision, 0)
FROM counted c LEFT JOIN sensor_told t ON t.attachment = c.id AND t.start = c.start
WHERE t.readings IS NULL OR t.readings <> c.readings
ORDER BY c.start, c.id
