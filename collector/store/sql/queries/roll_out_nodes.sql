-- name: by_number
-- The newest roll-out of a release of this number that a node is in.
SELECT x.roll_out, x.state, x.boot FROM roll_out_node x
JOIN roll_out o ON o.id = x.roll_out JOIN firmware_release r ON r.id = o.release
WHERE x.node = %(node)s AND r.number = %(number)s
ORDER BY x.roll_out DESC LIMIT 1 FOR UPDATE OF x

-- name: move
UPDATE roll_out_node SET state = %(state)s, since = %(at)s, more = %(more)s, heard = %(at)s,
    boot = %(boot)s, excused = false
WHERE roll_out = %(roll_out)s AND node = %(node)s

-- name: answered
-- A node that runs it already says so in the same word as one that begins to fetch it.
UPDATE roll_out_node x SET since = %(at)s, heard = %(at)s, more = %(more)s,
    state = CASE WHEN NOT %(done)s THEN 'refused'
                 WHEN w.version = r.version AND w.target = r.target THEN 'kept' ELSE 'taken' END
FROM roll_out o
JOIN firmware_release r ON r.id = o.release
LEFT JOIN node_firmware w ON w.node = %(node)s
WHERE o.id = x.roll_out AND x.node = %(node)s AND x.command = %(command)s
  AND x.state IN ('offered', 'unreachable')

-- name: asking
SELECT x.node, r.number, x.roll_out, o.release, o.state = 'halted' FROM roll_out_node x
JOIN roll_out o ON o.id = x.roll_out AND o.state <> 'finished'
JOIN firmware_release r ON r.id = o.release
WHERE x.node = ANY(%(nodes)s)
  AND x.state IN ('offered', 'taken', 'fetching', 'trial', 'unreachable')

-- name: note_asked
UPDATE roll_out_node x SET heard = %(at)s,
    state = CASE WHEN x.state = 'trial' THEN x.state ELSE 'fetching' END,
    since = CASE WHEN x.state IN ('fetching', 'trial') THEN x.since ELSE %(at)s END
FROM (SELECT y.roll_out, y.node FROM roll_out_node y
      JOIN unnest(%(roll_outs)s::bigint[], %(nodes)s::text[]) AS a (roll_out, node)
          USING (roll_out, node)
      ORDER BY y.roll_out, y.node FOR UPDATE OF y) z
WHERE x.roll_out = z.roll_out AND x.node = z.node

-- name: of_node
SELECT o.id, r.version, o.state, x.ring, CASE WHEN x.excused THEN 'excused' ELSE x.state END, x.since,
       x.more
FROM roll_out_node x JOIN roll_out o ON o.id = x.roll_out
JOIN firmware_release r ON r.id = o.release
WHERE x.node = %(node)s ORDER BY x.roll_out DESC LIMIT %(limit)s
