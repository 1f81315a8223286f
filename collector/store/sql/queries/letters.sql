-- name: open
-- begins: the start of the boot by which the frame's readings stand, where its own does not count.
SELECT d.id, d.received, d.topic, d.node, d.frame_id, f.state, coalesce(p.to_s, b.unix_s),
       p.to_s IS NOT NULL, d.reason, d.params, d.bytes
FROM dead_letter d
LEFT JOIN frame f ON f.id = d.frame_id
LEFT JOIN frame_placement p ON p.frame_id = d.frame_id
LEFT JOIN boot_offset b ON (b.node, b.epoch, b.boot) = (f.node, f.epoch, f.boot)
WHERE d.repaired IS NULL AND d.id > %(after)s AND d.reason = ANY(%(reasons)s)
  AND (%(node)s::text IS NULL OR d.node = %(node)s)
ORDER BY d.id LIMIT %(limit)s

-- name: mark
UPDATE dead_letter SET repaired = %(at)s WHERE id = ANY(%(ids)s)

-- name: settled
-- Of these reasons and nodes, those of which no letter is left.
SELECT w.reason, w.node FROM unnest(%(reasons)s::text[], %(nodes)s::text[]) AS w (reason, node)
WHERE NOT EXISTS (
    SELECT FROM dead_letter d
    WHERE d.repaired IS NULL AND d.reason = w.reason AND d.node = w.node)
