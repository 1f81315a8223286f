-- Photos of what people saw in their fields.

-- name: add
INSERT INTO photo (field, width, height, received, jpeg)
VALUES (%(field)s, %(width)s, %(height)s, %(at)s, %(jpeg)s) RETURNING id

-- name: jpeg
SELECT jpeg FROM photo WHERE id = %(photo)s AND field = %(field)s
