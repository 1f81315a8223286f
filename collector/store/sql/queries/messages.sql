-- name: lock
SELECT pg_advisory_xact_lock(%(family)s, %(recipient)s)

-- name: recent
SELECT at FROM message_sent
WHERE recipient = %(recipient)s AND state <> 'failed'
  AND at > %(after)s AND at <= %(until)s
ORDER BY at DESC LIMIT %(limit)s

-- name: all_recent
SELECT at FROM message_sent
WHERE state <> 'failed' AND way <> 'console' AND at > %(after)s AND at <= %(until)s
ORDER BY at DESC LIMIT %(limit)s

-- name: begin
INSERT INTO message_sent (at, way, template, recipient, masked, key, state)
VALUES (%(at)s, %(way)s, %(template)s, %(recipient)s, %(masked)s, %(key)s, 'sending')
RETURNING id

-- name: finish
UPDATE message_sent SET state = %(state)s, reference = %(reference)s, error = %(error)s
WHERE id = %(id)s

-- name: list
SELECT id, at, way, template, masked, state, reference, error
FROM message_sent
WHERE (%(since)s::timestamptz IS NULL OR at >= %(since)s)
  AND (%(recipient)s::bytea IS NULL OR recipient = %(recipient)s)
ORDER BY id DESC LIMIT %(limit)s
