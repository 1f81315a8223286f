-- Nodes and probes change hands; the series belong to the placements, so curves go on.

-- name: lock
SELECT n.id, n.field, n.board, l.channels FROM node n LEFT JOIN layout l ON l.id = n.layout
WHERE n.id = ANY(%(nodes)s) ORDER BY n.id FOR UPDATE OF n

-- name: serving
SELECT a.channel, a.placement, p.quantity, p.height_m
FROM assignment a JOIN placement p ON p.id = a.placement
WHERE a.node = %(node)s AND a.valid_to IS NULL ORDER BY a.channel

-- name: placements_in
SELECT p.id, p.quantity, p.height_m, coalesce(a.node, x.device) FROM placement p
LEFT JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
LEFT JOIN external_channel x ON x.placement = p.id AND x.valid_to IS NULL
WHERE p.field = %(field)s ORDER BY p.id

-- name: add_placement
INSERT INTO placement (id, field, quantity, height_m)
VALUES (%(id)s, %(field)s, %(quantity)s, %(height_m)s) ON CONFLICT (id) DO NOTHING

-- name: set_field
UPDATE node SET field = %(field)s WHERE id = %(node)s

-- name: newest_event
SELECT max(valid_from) FROM assignment WHERE node = ANY(%(nodes)s) AND valid_to IS NULL

-- name: begin
-- From now on, and not since the device exists: what it measured before was somewhere else.
INSERT INTO assignment (node, channel, placement, valid_from)
SELECT %(node)s, b.channel, b.placement, %(at)s
FROM unnest(%(channels)s::smallint[], %(placements)s::text[]) AS b (channel, placement)
