-- name: add
INSERT INTO person_key (person, name, credential, public_key, sign_count, transports, device_type,
    backed_up, added)
VALUES (%(person)s, %(name)s, %(credential)s, %(public_key)s, %(sign_count)s, %(transports)s,
    %(device_type)s, %(backed_up)s, %(at)s)
RETURNING id

-- name: of_person
SELECT id, person, name, credential, public_key, sign_count, transports, device_type, backed_up,
    added, used
FROM person_key WHERE person = %(person)s ORDER BY id

-- name: find
SELECT id, person, name, credential, public_key, sign_count, transports, device_type, backed_up,
    added, used
FROM person_key WHERE credential = %(credential)s

-- name: use
UPDATE person_key SET sign_count = %(sign_count)s, backed_up = %(backed_up)s, used = %(at)s
WHERE id = %(id)s AND (sign_count < %(sign_count)s OR (sign_count = 0 AND %(sign_count)s = 0))
RETURNING id

-- name: remove
DELETE FROM person_key WHERE id = %(id)s

-- name: first_answer
INSERT INTO answer_used (digest, at) VALUES (%(digest)s, %(at)s)
ON CONFLICT DO NOTHING RETURNING 1

-- name: tidy
DELETE FROM answer_used WHERE at < %(at)s::timestamptz - interval '1 day'
