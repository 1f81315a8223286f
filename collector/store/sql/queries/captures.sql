-- name: put
INSERT INTO trace_capture (id, party, created, behaviour, body)
VALUES (%(id)s, %(party)s, %(at)s, %(behaviour)s, %(body)s)

-- name: waiting
SELECT id FROM trace_capture WHERE finished IS NULL ORDER BY created, id

-- name: take
SELECT party, behaviour, body FROM trace_capture
WHERE id = %(id)s AND finished IS NULL FOR UPDATE SKIP LOCKED

-- name: finish
UPDATE trace_capture
SET finished = %(at)s, body = NULL, captured = %(captured)s, errors = %(errors)s
WHERE id = %(id)s AND finished IS NULL

-- name: one
SELECT id, created, finished, behaviour, captured, errors FROM trace_capture
WHERE party = %(party)s AND id = %(id)s

-- name: page
SELECT id, created, finished, behaviour, captured, errors FROM trace_capture
WHERE party = %(party)s
  AND (%(before)s::timestamptz IS NULL OR (created, id) < (%(before)s, %(before_id)s))
ORDER BY created DESC, id DESC LIMIT %(limit)s
