-- name: candidates
-- open_number: of an update that is under way to the node.
SELECT n.id, f.village, w.version, w.target, k.node IS NOT NULL, n.last_seen, (
    SELECT max(r.number) FROM roll_out_node x
    JOIN roll_out o ON o.id = x.roll_out AND o.state <> 'finished'
    JOIN firmware_release r ON r.id = o.release
    WHERE x.node = n.id
      AND x.state IN ('waiting', 'offered', 'taken', 'fetching', 'trial', 'unreachable')), encode(n.update_key, 'hex')
FROM node n
JOIN field f ON f.id = n.field
LEFT JOIN node_firmware w ON w.node = n.id
LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
ORDER BY n.id

-- name: put
INSERT INTO roll_out (release, state, soak, unreachable_after, most_failures, most_share, made,
                      made_by)
VALUES (%(release)s, 'running', %(soak)s, %(unreachable_after)s, %(most_failures)s,
        %(most_share)s, %(at)s, %(by)s)
RETURNING id

-- name: put_nodes
INSERT INTO roll_out_node (roll_out, node, ring, state, since) VALUES %s

-- name: replace
-- What another roll-out was still to bring to these nodes; the offers that it gave.
UPDATE roll_out_node x SET state = 'replaced', since = %(at)s, more = to_jsonb(%(number)s::bigint)
FROM roll_out o
WHERE o.id = x.roll_out AND o.state <> 'finished' AND o.id <> %(number)s
  AND x.node = ANY(%(nodes)s)
  AND x.state IN ('waiting', 'offered', 'taken', 'fetching', 'trial', 'unreachable')
RETURNING x.node, x.command

-- name: replaced
-- Roll-outs that have lost the last of their nodes to another.
UPDATE roll_out o SET state = 'finished'
WHERE o.state <> 'finished' AND o.id <> %(number)s
  AND EXISTS (SELECT FROM roll_out_node x WHERE x.roll_out = o.id AND x.state = 'replaced')
  AND NOT EXISTS (SELECT FROM roll_out_node x WHERE x.roll_out = o.id
      AND x.state IN ('waiting', 'offered', 'taken', 'fetching', 'trial', 'unreachable'))
RETURNING o.id

-- name: put_step
INSERT INTO roll_out_step (roll_out, kind, at, by, detail)
VALUES (%(number)s, %(kind)s, %(at)s, %(by)s, %(detail)s)

-- name: steps
SELECT kind, at, by, detail FROM roll_out_step WHERE roll_out = %(number)s ORDER BY id

-- name: running
SELECT id FROM roll_out WHERE state = 'running' ORDER BY id

-- name: halted_of
SELECT id FROM roll_out WHERE release = %(release)s AND state = 'halted' ORDER BY id

-- name: lock
SELECT FROM roll_out WHERE id = %(number)s FOR UPDATE

-- name: find
SELECT o.id, o.release, r.target, r.number, r.version, o.state, o.ring, o.settled, o.soak,
       o.unreachable_after, o.most_failures, o.most_share, o.made, o.made_by
FROM roll_out o JOIN firmware_release r ON r.id = o.release
WHERE %(number)s::bigint IS NULL OR o.id = %(number)s
ORDER BY o.id DESC LIMIT %(limit)s

-- name: counts
SELECT roll_out, ring, CASE WHEN excused THEN 'excused' ELSE state END, count(*)
FROM roll_out_node WHERE roll_out = ANY(%(numbers)s) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3

-- name: begin_ring
UPDATE roll_out SET ring = %(ring)s, settled = NULL WHERE id = %(number)s

-- name: set_settled
UPDATE roll_out SET settled = %(settled)s WHERE id = %(number)s

-- name: set_state
UPDATE roll_out SET state = %(state)s WHERE id = %(number)s

-- name: excuse
UPDATE roll_out_node SET excused = true
WHERE roll_out = %(number)s AND state IN ('undone', 'failed', 'refused')

-- name: once_more
UPDATE roll_out_node SET state = 'waiting', since = %(at)s, more = NULL, excused = false
WHERE roll_out = %(number)s AND state IN ('undone', 'failed', 'refused')

-- name: take_back
-- Offers that wait for an answer; when it goes on they are due at once.
UPDATE roll_out_node SET told = NULL
WHERE roll_out = %(number)s AND command IS NOT NULL AND state IN ('offered', 'unreachable')
RETURNING node, command

-- name: note_gone
UPDATE roll_out_node x SET state = 'gone', since = %(at)s
WHERE x.roll_out = %(number)s
  AND x.state IN ('waiting', 'offered', 'taken', 'fetching', 'trial', 'unreachable')
  AND NOT EXISTS (SELECT FROM node_key k WHERE k.node = x.node AND k.retired IS NULL)

-- name: note_unreachable
-- One that has begun to try it and was not heard since may have been ended by it: that is a failure.
UPDATE roll_out_node SET since = %(at)s,
    state = CASE WHEN state = 'trial' THEN 'failed' ELSE 'unreachable' END,
    more = CASE WHEN state = 'trial' THEN to_jsonb(%(silent)s::text) ELSE more END
WHERE roll_out = %(number)s AND state IN ('offered', 'taken', 'fetching', 'trial')
  AND greatest(since, heard) < %(before)s

-- name: due
-- Nodes to be offered it now: those that wait in a ring that has begun, and those whose offer is over
-- without an answer or was sealed for another key; one that was unreachable once it is heard.
SELECT x.node FROM roll_out_node x JOIN node n ON n.id = x.node
JOIN node_key k ON k.node = x.node AND k.retired IS NULL
WHERE x.roll_out = %(number)s AND x.ring <= %(ring)s AND (
    x.state = 'waiting'
    OR ((x.state = 'offered' OR (x.state = 'unreachable' AND n.last_seen > x.since))
        AND (x.told IS NULL OR x.told < %(before)s)
        AND NOT EXISTS (
            SELECT FROM node_command c
            WHERE c.node = x.node AND c.number = x.command AND c.answered IS NULL
              AND c.expires > %(at)s AND c.epoch = k.epoch)))
ORDER BY x.ring, x.node LIMIT %(limit)s

-- name: offered
UPDATE roll_out_node SET command = %(command)s, told = %(at)s,
    state = CASE WHEN state = 'waiting' THEN 'offered' ELSE state END,
    since = CASE WHEN state = 'waiting' THEN %(at)s ELSE since END
WHERE roll_out = %(number)s AND node = %(node)s

-- name: nodes
SELECT x.node, x.ring, CASE WHEN x.excused THEN 'excused' ELSE x.state END, x.state, x.since, x.more,
       w.version
FROM roll_out_node x
JOIN node n ON n.id = x.node JOIN field f ON f.id = n.field JOIN village v ON v.id = f.village
LEFT JOIN node_firmware w ON w.node = x.node
WHERE x.roll_out = %(number)s
  AND (%(states)s::text[] IS NULL
       OR CASE WHEN x.excused THEN 'excused' ELSE x.state END = ANY(%(states)s))
  AND (%(city)s OR v.county = ANY(%(county)s) OR v.township = ANY(%(township)s)
       OR v.id = ANY(%(village)s))
ORDER BY x.state NOT IN ('undone', 'failed', 'refused'), x.ring, x.since DESC, x.node
LIMIT %(limit)s OFFSET %(offset)s
