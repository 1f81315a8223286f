-- Lots: harvested, divided, put together, bought.

-- name: add
INSERT INTO lot (code, uri, kind, produce, weight_kg, day, field, season, village, origin, whose,
    made, made_by)
VALUES (%(code)s, %(uri)s, %(kind)s, %(produce)s, %(weight_kg)s, %(day)s, %(field)s, %(season)s,
    %(village)s, %(origin)s, %(whose)s, %(made)s, %(made_by)s)

-- name: add_part
INSERT INTO lot_part (child, parent, weight_kg) VALUES (%(child)s, %(parent)s, %(weight_kg)s)

-- name: lock
SELECT code FROM lot WHERE code = ANY(%(codes)s) ORDER BY code FOR UPDATE

-- name: of
SELECT l.code, l.uri, l.kind, l.produce, l.weight_kg, l.day, l.field, l.season, l.village, l.origin,
       l.whose, l.made, l.made_by,
       l.weight_kg - coalesce(
           (SELECT sum(p.weight_kg) FROM lot_part p WHERE p.parent = l.code), 0),
       (SELECT c.number FROM certificate c
        WHERE c.lot = l.code AND NOT EXISTS (
            SELECT FROM certificate_void v WHERE v.number = c.number)
        ORDER BY c.issued DESC LIMIT 1),
       f.zh
FROM lot l LEFT JOIN field f ON f.id = l.field
WHERE (%(code)s::text IS NULL OR l.code = %(code)s)
    AND (%(whose)s::bigint IS NULL OR l.whose = %(whose)s)
ORDER BY l.made DESC, l.code
LIMIT %(most)s

-- name: code_of
SELECT code FROM lot WHERE uri = %(uri)s

-- name: names
-- Lots by their codes, and plantings, which have none.
SELECT uri, code FROM lot WHERE uri = ANY(%(uris)s)
UNION ALL SELECT uri, '' FROM planting WHERE uri = ANY(%(uris)s)

-- name: parts
SELECT p.child, p.parent, p.weight_kg FROM lot_part p
WHERE p.child = %(code)s OR p.parent = %(code)s ORDER BY p.child, p.parent

-- name: add_bought
INSERT INTO bought_certificate (lot, kind, number, issuer, contact, issued, jpeg)
VALUES (%(lot)s, %(kind)s, %(number)s, %(issuer)s, %(contact)s, %(issued)s, %(jpeg)s)

-- name: bought
SELECT kind, number, issuer, contact, issued, jpeg IS NOT NULL
FROM bought_certificate WHERE lot = %(lot)s

-- name: bought_jpeg
SELECT jpeg FROM bought_certificate WHERE lot = %(lot)s
