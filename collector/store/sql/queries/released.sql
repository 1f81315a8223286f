-- Tokens of next pages that were released before their time.

-- name: forget
DELETE FROM trace_released WHERE party = %(party)s AND at < %(over)s

-- name: put
INSERT INTO trace_released (party, token, at) VALUES (%(party)s, %(token)s, %(at)s)
ON CONFLICT DO NOTHING

-- name: one
SELECT 1 FROM trace_released WHERE party = %(party)s AND token = %(token)s
