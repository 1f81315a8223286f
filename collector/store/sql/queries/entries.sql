-- Entries of forms, each taken once.

-- name: claim
INSERT INTO entry_key (key, at) VALUES (%(key)s, %(at)s) ON CONFLICT (key) DO NOTHING RETURNING key

-- name: keep
UPDATE entry_key SET result = %(result)s WHERE key = %(key)s

-- name: result
SELECT result FROM entry_key WHERE key = %(key)s
