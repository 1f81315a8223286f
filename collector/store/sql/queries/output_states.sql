-- name: begin
-- The row of a node that has outputs, made where it is the first time.
INSERT INTO output_node (node) VALUES (%(node)s) ON CONFLICT DO NOTHING

-- name: lock
SELECT node FROM output_node WHERE node = ANY(%(nodes)s) ORDER BY node FOR UPDATE

-- name: start
-- A newer start of a node: its states are counted from 0 again.
UPDATE output_node SET epoch = %(epoch)s, boot = %(boot)s, uptime = 0, next_k = 0, whole = 0,
    said = NULL, said_k = NULL, said_uptime = NULL, said_at = NULL, gap_since = NULL, asked_times = 0
WHERE node = %(node)s AND (epoch IS NULL OR (epoch, boot) < (%(epoch)s, %(boot)s))

-- name: put
INSERT INTO output_state (node, epoch, boot, k, uptime, output, state, by, more, received)
VALUES (%(node)s, %(epoch)s, %(boot)s, %(k)s, %(uptime)s, %(output)s, %(state)s, %(by)s, %(more)s, %(at)s)
ON CONFLICT DO NOTHING RETURNING k

-- name: accepted
-- Any word of what it did is a word that the node has it.
UPDATE output_order SET result = 'accepted', reason = NULL, answered = %(at)s
WHERE id = %(id)s AND node = %(node)s AND (result IS NULL OR result = 'withdrawn')
RETURNING id

-- name: refused
UPDATE output_order SET result = 'refused', reason = %(reason)s, answered = %(at)s
WHERE id = %(id)s AND node = %(node)s
  AND (result IS NULL OR result = 'withdrawn'
    OR (result = 'accepted' AND %(reason)s NOT IN ('repeated', 'late', 'boot', 'ahead')))

-- name: once_more
-- It came too late or after a start, and is still wanted: it goes out anew with another number.
UPDATE output_order SET seq = NULL, sent = NULL
WHERE id = %(id)s AND node = %(node)s AND result IS NULL AND times < %(most)s
  AND valid_until >= %(at)s::timestamptz + interval '1 second'
RETURNING id

-- name: taken
UPDATE output_node n SET taken = greatest(n.taken, o.seq) FROM output_order o
WHERE o.id = %(id)s AND n.node = %(node)s AND o.node = n.node AND o.seq IS NOT NULL

-- name: heard
UPDATE output_node SET uptime = greatest(coalesce(uptime, 0), %(uptime)s), received = %(at)s,
    next_k = greatest(next_k, %(next_k)s)
WHERE node = %(node)s AND (epoch, boot) = (%(epoch)s, %(boot)s)

-- name: said
UPDATE output_node SET said = %(said)s, said_k = %(k)s, said_uptime = %(uptime)s, said_at = %(at)s,
    taken = greatest(taken, %(seq)s), seq = greatest(seq, %(seq)s)
WHERE node = %(node)s AND (epoch, boot) = (%(epoch)s, %(boot)s)
  AND (said_k IS NULL OR (said_k, said_uptime) <= (%(k)s, %(uptime)s))

-- name: numbers
SELECT n.whole, n.next_k, array(
    SELECT s.k FROM output_state s WHERE (s.node, s.epoch, s.boot) = (n.node, n.epoch, n.boot)
      AND s.k >= n.whole ORDER BY s.k)
FROM output_node n WHERE n.node = %(node)s

-- name: whole
UPDATE output_node SET whole = %(whole)s, lost = lost + %(lost)s,
    gap_since = CASE WHEN %(whole)s >= next_k THEN NULL
        WHEN whole = %(whole)s THEN coalesce(gap_since, %(at)s) ELSE %(at)s END,
    asked_times = CASE WHEN whole = %(whole)s THEN asked_times ELSE 0 END
WHERE node = %(node)s

-- name: nodes
-- Nodes that may have outputs, of fields or all: where they stand and what they said last.
SELECT d.id, d.board, d.field, f.village, f.zh, f.en, d.last_seen, n.epoch, n.boot, n.uptime, n.received,
    n.said, n.said_k, n.said_uptime, n.said_at, n.lost,
    (SELECT max(b.boot) FROM boot_offset b WHERE b.node = n.node AND b.epoch = n.epoch),
    (SELECT b.unix_s FROM boot_offset b WHERE (b.node, b.epoch, b.boot) = (n.node, n.epoch, n.boot))
FROM node d JOIN field f ON f.id = d.field LEFT JOIN output_node n ON n.node = d.id
WHERE d.board = ANY(%(boards)s) AND (%(fields)s::text[] IS NULL OR d.field = ANY(%(fields)s))
  AND (%(nodes)s::text[] IS NULL OR d.id = ANY(%(nodes)s))
ORDER BY f.village, d.field, d.id

-- name: newest
-- Of the newest start of nodes the last state of each kind of each output; kinds: what it does, who may
-- switch it, what proved it, each alarm.
SELECT DISTINCT ON (s.node, s.output, kind) s.node, s.epoch, s.boot, s.k, s.uptime, s.output, s.state, s.by,
    s.more, s.received, to_timestamp(b.unix_s + s.uptime)
FROM output_node n
JOIN output_state s ON (s.node, s.epoch, s.boot) = (n.node, n.epoch, n.boot)
CROSS JOIN LATERAL (SELECT CASE
    WHEN s.state IN ('on', 'off') THEN 'switch'
    WHEN s.state IN ('hold', 'auto') THEN 'hold'
    WHEN s.state = 'proof' OR s.more #>> '{}' IN ('no_proof', 'unproven') THEN 'proof'
    ELSE s.more #>> '{}' END) AS c(kind)
LEFT JOIN boot_offset b ON (b.node, b.epoch, b.boot) = (s.node, s.epoch, s.boot)
WHERE n.node = ANY(%(nodes)s) AND s.state NOT IN ('accepted', 'refused')
ORDER BY s.node, s.output, kind, s.k DESC

-- name: of_orders
SELECT s.node, s.epoch, s.boot, s.k, s.uptime, s.output, s.state, s.by, s.more, s.received,
    to_timestamp(b.unix_s + s.uptime)
FROM output_state s
LEFT JOIN boot_offset b ON (b.node, b.epoch, b.boot) = (s.node, s.epoch, s.boot)
WHERE s.by = ANY(%(ids)s) ORDER BY s.node, s.epoch, s.boot, s.k

-- name: history
SELECT s.node, s.epoch, s.boot, s.k, s.uptime, s.output, s.state, s.by, s.more, s.received,
    to_timestamp(b.unix_s + s.uptime)
FROM output_state s
LEFT JOIN boot_offset b ON (b.node, b.epoch, b.boot) = (s.node, s.epoch, s.boot)
WHERE s.node = ANY(%(nodes)s) AND s.received < %(before)s
  AND (%(output)s::smallint IS NULL OR s.output IS NULL OR s.output = %(output)s)
ORDER BY s.received DESC, s.epoch DESC, s.boot DESC, s.k DESC LIMIT %(limit)s
