-- Nodes as technicians look for them: by urgency, in their part of the tree.

-- name: list
-- A node's state is a fact of now; its troubles are the open items. Silence is told by an item too,
-- but that is up to half an hour old: a node heard since is not silent.
WITH weight AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(weights)s::int[]) AS w (kind, weight)
), trouble AS (
    SELECT m.node, max(coalesce(w.weight, %(other)s)) AS weight, min(m.opened) AS since,
           bool_or(m.kind = %(cause)s) AS caused
    FROM maintenance_item m LEFT JOIN weight w USING (kind)
    WHERE m.closed IS NULL AND m.node IS NOT NULL AND m.kind <> 'silent_node'
    GROUP BY m.node
), shown AS (
    SELECT n.id, n.board, n.field, n.last_seen, f.village, v.county, v.township,
           v.zh AS village_zh, v.en AS village_en, v.longitude, v.latitude,
           t.weight, t.since, coalesce(t.caused, false) AS caused,
           CASE WHEN k.node IS NULL THEN 'out'
                WHEN n.last_seen IS NULL THEN 'never'
                WHEN n.last_seen < %(silent)s THEN 'silent'
                WHEN n.last_seen < %(late)s THEN 'late'
                ELSE 'works' END AS state
    FROM node n
    JOIN field f ON f.id = n.field
    JOIN village v ON v.id = f.village
    LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
    LEFT JOIN trouble t ON t.node = n.id
    WHERE (%(city)s OR v.county = ANY(%(county)s) OR v.township = ANY(%(township)s)
           OR v.id = ANY(%(village)s))
      AND (%(of_county)s = '' OR v.county = %(of_county)s)
      AND (%(text)s = '' OR position(lower(%(text)s) in lower(n.id)) > 0
           OR position(lower(%(text)s) in lower(v.id)) > 0
           OR position(%(text)s in v.zh) > 0 OR position(lower(%(text)s) in lower(v.en)) > 0)
      AND (%(mine)s::bigint IS NULL OR n.id IN (
          SELECT m.node FROM maintenance_item m
          WHERE m.assigned_person = %(mine)s AND m.closed IS NULL))
), judged AS (
    SELECT s.*, greatest(s.weight, CASE s.state WHEN 'silent' THEN %(of_silent)s
        WHEN 'never' THEN %(of_never)s WHEN 'late' THEN %(of_late)s ELSE 0 END) AS urgency
    FROM shown s
), counted AS (
    SELECT state, count(*) AS nodes FROM judged GROUP BY state
), wanted AS (
    SELECT * FROM judged
    WHERE (%(state)s = '' OR state = %(state)s)
      AND (%(cause)s = '' OR caused OR 'state.' || state = %(cause)s)
      AND (NOT %(troubled)s OR urgency > 0)
    ORDER BY urgency DESC, coalesce(since, last_seen) NULLS LAST, id
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT w.id, w.board, w.field, w.last_seen, w.village, w.village_zh, w.village_en, c.zh, c.en,
       coalesce(e.longitude, w.longitude), coalesce(e.latitude, w.latitude), e.longitude IS NOT NULL,
       w.state, w.urgency, o.counts
FROM (SELECT coalesce(json_object_agg(state, nodes), '{}') AS counts FROM counted) o
LEFT JOIN wanted w ON true
LEFT JOIN county c ON c.code = w.county
LEFT JOIN LATERAL (
    SELECT x.longitude, x.latitude FROM node_event x
    WHERE x.node = w.id AND x.longitude IS NOT NULL ORDER BY x.at DESC, x.id DESC LIMIT 1
) e ON true
ORDER BY w.urgency DESC, coalesce(w.since, w.last_seen) NULLS LAST, w.id

-- name: counts
SELECT c.code, n.board,
       CASE WHEN k.node IS NOT NULL THEN
           CASE WHEN n.last_seen IS NULL THEN 'never' WHEN n.last_seen < %(silent)s THEN 'silent'
                WHEN n.last_seen < %(late)s THEN 'late' ELSE 'works' END
           WHEN EXISTS (SELECT FROM node_key r WHERE r.node = n.id AND r.revoked) THEN 'revoked'
           WHEN EXISTS (SELECT FROM node_key r WHERE r.node = n.id) THEN 'retired'
           ELSE 'not_enrolled' END AS state,
       count(*), min(n.last_seen) FILTER (WHERE k.node IS NOT NULL)
FROM node n
JOIN field f ON f.id = n.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3

-- name: newest_heard
SELECT count(*), max(last_seen) FROM node

-- name: counties
SELECT c.code, c.zh, c.en FROM county c
WHERE %(city)s OR EXISTS (
    SELECT FROM village v WHERE v.county = c.code AND (v.county = ANY(%(county)s)
        OR v.township = ANY(%(township)s) OR v.id = ANY(%(village)s)))
ORDER BY c.code

-- name: node
SELECT n.id, n.board, n.field, f.zh, f.en, n.layout, n.enrolled, n.last_seen,
       v.id, v.zh, v.en, v.township, v.county, c.zh, c.en,
       coalesce(e.longitude, v.longitude), coalesce(e.latitude, v.latitude),
       e.longitude IS NOT NULL, k.epoch,
       (SELECT max(r.at) FROM revocation r WHERE r.node = n.id AND NOT EXISTS (
           SELECT FROM node_key q WHERE q.node = n.id AND NOT q.revoked)),
       (SELECT max(q.retired) FROM node_key q WHERE q.node = n.id),
       encode(n.update_key, 'hex')
FROM node n
JOIN field f ON f.id = n.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
LEFT JOIN LATERAL (
    SELECT x.longitude, x.latitude FROM node_event x
    WHERE x.node = n.id AND x.longitude IS NOT NULL ORDER BY x.at DESC, x.id DESC LIMIT 1
) e ON true
WHERE n.id = %(node)s

-- name: channels
SELECT a.channel, p.id, p.field, p.quantity, p.height_m, p.wet_threshold, s.id,
       a.valid_from, a.valid_to, t.time, t.value, coalesce(t.qc, 0), t.valid_time, t.valid_value,
       t.same_since, c.valid_from, c.slope, c.intercept
FROM assignment a
JOIN placement p ON p.id = a.placement
JOIN series s ON s.placement = p.id
LEFT JOIN series_tail t ON t.series_id = s.id
LEFT JOIN LATERAL (
    SELECT k.valid_from, k.slope, k.intercept FROM calibration k
    WHERE k.node = a.node AND k.channel = a.channel ORDER BY k.valid_from DESC, k.id DESC LIMIT 1
) c ON true
WHERE a.node = %(node)s
ORDER BY a.valid_to IS NOT NULL, a.valid_to DESC, a.channel

-- name: boots
-- The newest boots: when they began, why, how far they are complete.
SELECT coalesce(m.epoch, b.epoch) AS epoch, coalesce(m.boot, b.boot) AS boot, o.unix_s, b.cause,
       coalesce(b.torn, 0), b.received, m.seq
FROM (SELECT * FROM watermark WHERE node = %(node)s) m
FULL JOIN (SELECT * FROM node_boot WHERE node = %(node)s) b USING (epoch, boot)
LEFT JOIN boot_offset o ON o.node = %(node)s AND o.epoch = coalesce(m.epoch, b.epoch)
    AND o.boot = coalesce(m.boot, b.boot)
ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s

-- name: newest_frame
SELECT epoch, boot, seq, received, state FROM frame WHERE node = %(node)s
ORDER BY epoch DESC, boot DESC, seq DESC LIMIT 1

-- name: keys
SELECT epoch, created, retired, revoked FROM node_key WHERE node = %(node)s ORDER BY epoch DESC

-- name: events
SELECT kind, at, received, name, note, longitude, latitude, detail FROM node_event
WHERE node = %(node)s ORDER BY at DESC, id DESC LIMIT %(limit)s

-- name: add_event
INSERT INTO node_event (node, kind, at, received, person, name, note, longitude, latitude, detail)
VALUES (%(node)s, %(kind)s, %(at)s, %(received)s, %(person)s, %(name)s, %(note)s, %(longitude)s,
        %(latitude)s, %(detail)s)

-- name: put_boot
INSERT INTO node_boot (node, epoch, boot, cause, torn, received)
VALUES (%(node)s, %(epoch)s, %(boot)s, %(cause)s, %(torn)s, %(received)s)
ON CONFLICT DO NOTHING
