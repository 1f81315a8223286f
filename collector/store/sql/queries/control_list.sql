-- name: add
INSERT INTO control_list (field, person, since, listed_by) VALUES (%(field)s, %(person)s, %(at)s, %(by)s)
ON CONFLICT DO NOTHING RETURNING person

-- name: remove
DELETE FROM control_list WHERE field = %(field)s AND person = %(person)s RETURNING person

-- name: of_field
SELECT c.person, p.name, c.since, c.listed_by FROM control_list c JOIN person p ON p.id = c.person
WHERE c.field = %(field)s ORDER BY c.since, c.person

-- name: fields_of
SELECT field FROM control_list WHERE person = %(person)s ORDER BY field

-- name: place
SELECT id, village, zh, en, area_ha FROM field WHERE id = %(field)s
