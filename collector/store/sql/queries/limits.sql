-- name: placement
SELECT p.quantity, s.id FROM placement p JOIN series s ON s.placement = p.id
WHERE p.id = %(placement)s

-- name: put
INSERT INTO placement_limit
    (placement, valid_from, valid_to, low, high, step, freeze_h, apart, at, given_by, reason)
VALUES (%(placement)s, %(valid_from)s, coalesce(%(valid_to)s::timestamptz, 'infinity'), %(low)s, %(high)s,
        %(step)s, %(freeze_h)s, %(apart)s, %(at)s, %(by)s, %(reason)s)

-- name: all
-- In the order in which they were given.
SELECT s.id, extract(epoch FROM l.valid_from)::float8, extract(epoch FROM l.valid_to)::float8,
       l.low, l.high, l.step, l.freeze_h, l.apart
FROM placement_limit l JOIN series s ON s.placement = l.placement
ORDER BY l.id

-- name: of_placement
SELECT valid_from, nullif(valid_to, 'infinity'), low, high, step, freeze_h, apart, at, given_by,
       reason
FROM placement_limit WHERE placement = %(placement)s ORDER BY id

-- name: serving
SELECT a.node, a.channel FROM assignment a
WHERE a.placement = %(placement)s AND (a.valid_to IS NULL OR a.valid_to > %(since)s)
ORDER BY a.node, a.channel
