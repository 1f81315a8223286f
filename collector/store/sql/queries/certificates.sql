-- Certificates of commitment: issued once, void once, never changed.

-- name: add
INSERT INTO certificate (number, lot, weight_kg, grounds, content, issued, person, name)
VALUES (%(number)s, %(lot)s, %(weight_kg)s, %(grounds)s, %(content)s, %(at)s, %(person)s, %(name)s)

-- name: of
SELECT c.number, c.lot, c.weight_kg, c.grounds, c.content, c.issued, c.person, c.name,
       v.reason, v.inspector, v.at, v.name
FROM certificate c LEFT JOIN certificate_void v ON v.number = c.number
WHERE (%(number)s::text IS NULL OR c.number = %(number)s)
    AND (%(lot)s::text IS NULL OR c.lot = %(lot)s)
ORDER BY c.issued DESC, c.number

-- name: make_void
INSERT INTO certificate_void (number, reason, inspector, at, person, name)
VALUES (%(number)s, %(reason)s, %(inspector)s, %(at)s, %(person)s, %(name)s)
ON CONFLICT (number) DO NOTHING
RETURNING (SELECT lot FROM certificate WHERE number = %(number)s)

-- name: trouble
WITH RECURSIVE way AS (
    SELECT %(lot)s::text AS code
    UNION
    SELECT p.parent FROM way JOIN lot_part p ON p.child = way.code
)
SELECT s.state FROM way JOIN LATERAL (
    SELECT state FROM lot_state WHERE lot = way.code ORDER BY id DESC LIMIT 1
) s ON true
WHERE s.state <> 'freed' ORDER BY s.state DESC LIMIT 1

-- name: register
SELECT l.code, l.kind, l.produce, l.weight_kg, l.day, l.made_by, v.township, v.county,
       coalesce(t.zh, y.zh), coalesce(t.en, y.en), c.number, c.issued,
       EXISTS (SELECT FROM certificate_void x WHERE x.number = c.number),
       (SELECT s.state FROM lot_state s WHERE s.lot = l.code ORDER BY s.id DESC LIMIT 1)
FROM lot l
LEFT JOIN village v ON v.id = l.village
LEFT JOIN township t ON t.code = v.township
LEFT JOIN county y ON y.code = v.county
LEFT JOIN LATERAL (
    SELECT number, issued FROM certificate WHERE lot = l.code ORDER BY issued DESC LIMIT 1
) c ON true
WHERE (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
       OR v.id = ANY(%(villages)s))
    AND (%(code)s::text IS NULL OR l.code = %(code)s
         OR EXISTS (SELECT FROM certificate q WHERE q.lot = l.code AND q.number = %(code)s))
ORDER BY l.made DESC, l.code
LIMIT %(most)s
