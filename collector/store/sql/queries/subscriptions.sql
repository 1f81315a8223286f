-- Subscriptions of parties to their queries.

-- name: lock_party
SELECT 1 FROM trace_party WHERE id = %(party)s FOR NO KEY UPDATE

-- name: count
SELECT count(*) FROM trace_subscription WHERE party = %(party)s

-- name: put
INSERT INTO trace_subscription (id, party, query, dest, token, token_sealed, spelling, initial, schedule,
    report_if_empty, made, floor, seen_order, seen_event, next_run, batch_size)
VALUES (%(id)s, %(party)s, %(query)s, %(dest)s, %(token)s, %(sealed)s, %(spelling)s, %(initial)s, %(schedule)s,
    %(report_if_empty)s, %(at)s, %(floor)s, %(floor)s, %(after)s, %(next_run)s, %(batch_size)s)

-- name: one
SELECT id, query, dest, spelling, initial, schedule, report_if_empty, made, last_run, notified,
       attempts, failing, failure, not_before, ended
FROM trace_subscription WHERE party = %(party)s AND query = %(query)s AND id = %(id)s

-- name: page
SELECT id, query, dest, spelling, initial, schedule, report_if_empty, made, last_run, notified,
       attempts, failing, failure, not_before, ended
FROM trace_subscription WHERE party = %(party)s AND query = %(query)s AND id > %(after)s
ORDER BY id LIMIT %(limit)s

-- name: all
SELECT id, party, query, dest, made, notified, attempts, failing, last_failed, last_failure,
       schedule IS NULL, next_run, not_before, ended
FROM trace_subscription ORDER BY party, query, made, id

-- name: drop
DELETE FROM trace_subscription
WHERE party = %(party)s AND query = %(query)s AND id = %(id)s RETURNING id
