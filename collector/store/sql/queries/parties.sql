-- name: add
INSERT INTO trace_party (id, name, added) VALUES (%(id)s, %(name)s, %(at)s)
ON CONFLICT (id) DO NOTHING

-- name: set_token
UPDATE trace_party SET token = %(token)s, token_made = %(at)s WHERE id = %(id)s RETURNING name

-- name: by_token
SELECT id, name FROM trace_party WHERE token = %(token)s

-- name: all
SELECT id, name FROM trace_party ORDER BY id
