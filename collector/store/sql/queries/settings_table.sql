-- name: get
SELECT value FROM setting WHERE key = %(key)s

-- name: put
INSERT INTO setting (key, value, changed) VALUES (%(key)s, %(value)s, %(at)s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed = excluded.changed

-- name: all
SELECT key, value FROM setting ORDER BY key
