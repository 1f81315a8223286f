-- name: ask
INSERT INTO export_request (person, asked, tab, kind, first, last, county, within, language)
VALUES (%(person)s, %(asked)s, %(tab)s, %(kind)s, %(first)s, %(last)s, %(county)s, %(within)s,
        %(language)s)
RETURNING id

-- name: unfinished
SELECT count(*) FROM export_request
WHERE person = %(person)s AND state IN ('waiting', 'running')

-- name: by_id
SELECT id, person, asked, tab, kind, first, last, county, within, language, state, attempt, total,
       done, bytes, reason, expires
FROM export_request WHERE id = %(id)s

-- name: of_person
SELECT id, person, asked, tab, kind, first, last, county, within, language, state, attempt, total,
       done, bytes, reason, expires
FROM export_request WHERE person = %(person)s ORDER BY id DESC LIMIT %(limit)s

-- name: ahead
SELECT count(*) FROM export_request WHERE id < %(id)s AND state IN ('waiting', 'running')

-- name: anything_to_do
SELECT EXISTS (
    SELECT FROM export_request
    WHERE state IN ('waiting', 'running') OR state = 'ready' AND expires <= %(at)s
)

-- name: give_up
UPDATE export_request SET state = 'failed', reason = 'interrupted'
WHERE state = 'running' AND attempt >= %(most)s

-- name: take_up
UPDATE export_request SET state = 'waiting', total = NULL, done = 0 WHERE state = 'running'

-- name: take_next
UPDATE export_request SET state = 'running', attempt = attempt + 1
WHERE id = (
    SELECT id FROM export_request WHERE state = 'waiting' ORDER BY id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id

-- name: note
UPDATE export_request SET done = %(done)s, total = %(total)s
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id

-- name: put_back
UPDATE export_request
SET state = 'waiting', attempt = attempt - 1, total = NULL, done = 0
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'

-- name: finish
UPDATE export_request
SET state = 'ready', done = %(rows)s, total = %(rows)s, bytes = %(bytes)s, expires = %(expires)s
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING id

-- name: fail
UPDATE export_request SET state = 'failed', reason = %(reason)s
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'

-- name: expire
UPDATE export_request SET state = 'removed' WHERE state = 'ready' AND expires <= %(at)s

-- name: kept
SELECT id FROM export_request WHERE state = 'ready'

-- name: tidy
DELETE FROM export_request WHERE state IN ('failed', 'removed') AND asked < %(before)s
