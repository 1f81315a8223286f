-- Text messages of recalls, each on its way once.

-- name: queue
INSERT INTO recall_message (recall, holder, person, text, state, queued)
SELECT %(recall)s, %(holder)s, p.id, %(text)s, 'queued', %(at)s
FROM person p WHERE p.id = ANY(%(persons)s) AND p.active AND p.phone IS NOT NULL
ON CONFLICT DO NOTHING RETURNING id

-- name: of_recall
SELECT holder, state, count(*) FROM recall_message WHERE recall = %(recall)s
GROUP BY holder, state ORDER BY holder, state

-- name: give_up
-- Its sender died over it: it may have gone out, and goes out no second time.
UPDATE recall_message SET state = 'unknown', done = %(at)s
WHERE state = 'sending' AND done < %(before)s

-- name: waiting
SELECT id FROM recall_message WHERE state = 'queued' ORDER BY id LIMIT %(limit)s

-- name: claim
UPDATE recall_message m
SET state = 'sending', done = %(at)s, attempts = m.attempts + 1, failure = NULL, detail = ''
FROM person p
WHERE m.id = %(id)s AND m.state = 'queued' AND p.id = m.person AND p.phone IS NOT NULL
RETURNING m.id, p.phone, m.text, m.attempts

-- name: finish
UPDATE recall_message SET state = %(state)s, done = %(at)s, failure = %(failure)s,
    detail = %(detail)s
WHERE id = %(id)s AND state = 'sending'
