-- Photos that prove something, of a non-conformity or of a sample.

-- name: add
INSERT INTO evidence_photo (finding, plan, lot, width, height, jpeg, at, person, name)
VALUES (%(finding)s, %(plan)s, %(lot)s, %(width)s, %(height)s, %(jpeg)s, %(at)s, %(person)s,
    %(name)s) RETURNING id

-- name: count_since
SELECT count(*) FROM evidence_photo
WHERE (finding = %(finding)s OR (plan, lot) = (%(plan)s, %(lot)s)) AND at > %(since)s

-- name: of
SELECT id, at, name FROM evidence_photo
WHERE finding = %(finding)s OR (plan, lot) = (%(plan)s, %(lot)s) ORDER BY id

-- name: jpeg
SELECT jpeg FROM evidence_photo
WHERE id = %(id)s AND (finding = %(finding)s OR (plan, lot) = (%(plan)s, %(lot)s))
