-- Photos of what people saw in their fields.

-- name: add
INSERT INTO photo (field, width, height, received, jpeg)
VALUES (%(field)s, %(width)s, %(height)s, %(at)s, %(jpeg)s) RETURNING id

-- name: count_since
SELECT count(*) FROM photo WHERE field = %(field)s AND received > %(since)s

-- name: jpeg
SELECT jpeg FROM photo WHERE id = %(photo)s AND field = %(field)s
