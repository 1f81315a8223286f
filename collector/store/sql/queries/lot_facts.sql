-- What led to a lot, as the models judge it.

-- name: way
WITH RECURSIVE way AS (
    SELECT %(code)s::text AS code
    UNION
    SELECT p.parent FROM way JOIN lot_part p ON p.child = way.code
)
SELECT l.code, l.kind, l.produce, l.weight_kg, l.day, l.field, l.season, l.village, l.origin,
       o.given_up IS NOT NULL, coalesce(b.number, ''),
       EXISTS (SELECT FROM certificate_void v WHERE v.number = b.number),
       (SELECT s.state FROM lot_state s WHERE s.lot = l.code ORDER BY s.id DESC LIMIT 1),
       c.zh, c.en, t.zh, t.en
FROM way
JOIN lot l ON l.code = way.code
LEFT JOIN own_field o ON o.field = l.field
LEFT JOIN bought_certificate b ON b.lot = l.code
LEFT JOIN village v ON v.id = l.village
LEFT JOIN county c ON c.code = v.county
LEFT JOIN township t ON t.code = v.township
ORDER BY l.made, l.code

-- name: parts
SELECT p.child, p.parent, p.weight_kg, l.weight_kg FROM lot_part p JOIN lot l ON l.code = p.child
WHERE p.parent = ANY(%(codes)s) ORDER BY p.child, p.parent

-- name: tests
SELECT a.lot, a.kind, a.day, a.substances, a.passed FROM lot_test a
WHERE a.lot = ANY(%(codes)s) AND NOT EXISTS (SELECT FROM lot_test_struck s WHERE s.test = a.id)
ORDER BY a.day, a.id

-- name: overridden
SELECT reasons FROM lot_override WHERE lot = %(code)s ORDER BY id
