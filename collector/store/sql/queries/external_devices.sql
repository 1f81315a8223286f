-- name: add_network
INSERT INTO external_network (id, kind, token, made, made_by)
VALUES (%(id)s, %(kind)s, %(token)s, %(at)s, %(by)s)
ON CONFLICT (id) DO NOTHING RETURNING id

-- name: set_token
UPDATE external_network SET token = %(token)s WHERE id = %(id)s RETURNING id

-- name: networks
SELECT n.id, n.kind, n.token IS NOT NULL, n.made, n.made_by,
       (SELECT count(*) FROM external_device d WHERE d.network = n.id AND d.retired IS NULL)
FROM external_network n ORDER BY n.id

-- name: network_tokens
SELECT id, kind, token FROM external_network WHERE id = %(id)s AND token IS NOT NULL

-- name: add
INSERT INTO external_device (id, network, eui, step_s, time_of_receipt, enrolled, enrolled_by)
VALUES (%(id)s, %(network)s, %(eui)s, %(step_s)s, %(time_of_receipt)s, %(at)s, %(by)s)
ON CONFLICT DO NOTHING RETURNING id

-- name: lock
SELECT id, network, eui, step_s, time_of_receipt, enrolled, enrolled_by, retired, last_seen
FROM external_device WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE

-- name: devices
SELECT id, network, eui, step_s, time_of_receipt, enrolled, enrolled_by, retired, last_seen
FROM external_device ORDER BY id

-- name: by_eui
SELECT id FROM external_device WHERE network = %(network)s AND eui = %(eui)s

-- name: channels
SELECT c.device, c.id, c.name, c.placement, s.id, p.quantity, c.unit, c.factor, c.counter,
       c.valid_from, c.valid_to
FROM external_channel c
JOIN placement p ON p.id = c.placement
JOIN series s ON s.placement = c.placement
WHERE c.device = ANY(%(ids)s)
ORDER BY c.device, c.name, c.valid_from NULLS FIRST

-- name: seen
UPDATE external_device d SET last_seen = %(at)s
WHERE d.id = ANY(%(ids)s) AND (d.last_seen IS NULL OR d.last_seen < %(at)s)

-- name: serving
-- Who serves a placement until further notice.
SELECT a.node FROM assignment a WHERE a.placement = %(placement)s AND a.valid_to IS NULL
UNION ALL
SELECT c.device FROM external_channel c WHERE c.placement = %(placement)s AND c.valid_to IS NULL

-- name: placement
SELECT quantity FROM placement WHERE id = %(placement)s

-- name: end_channel
UPDATE external_channel
SET valid_to = greatest(%(at)s, valid_from + interval '1 microsecond')
WHERE device = %(device)s AND name = %(name)s AND valid_to IS NULL
RETURNING id, placement, unit, factor, counter, valid_to

-- name: end_channels
UPDATE external_channel
SET valid_to = greatest(%(at)s, valid_from + interval '1 microsecond')
WHERE device = %(device)s AND valid_to IS NULL

-- name: begin_channel
INSERT INTO external_channel (device, name, placement, unit, factor, counter, valid_from)
VALUES (%(device)s, %(name)s, %(placement)s, %(unit)s, %(factor)s, %(counter)s, %(valid_from)s)

-- name: retire
UPDATE external_device SET retired = %(at)s WHERE id = %(id)s AND retired IS NULL RETURNING id

-- name: field
SELECT id FROM field WHERE id = %(field)s

-- name: next_place
SELECT count(*) + 1 FROM placement WHERE id LIKE %(begins)s

-- name: node
SELECT id FROM node WHERE id = %(id)s
