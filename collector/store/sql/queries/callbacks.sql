-- What subscribers are sent.

-- name: due
SELECT id, party FROM trace_subscription
WHERE ended IS NULL
  AND (not_before IS NULL OR not_before <= %(real)s)
  AND (claimed IS NULL OR claimed < %(lost)s)
  AND (batch_key IS NOT NULL OR goal IS NOT NULL OR next_run <= %(now)s
       OR (schedule IS NULL AND seen_order < (SELECT coalesce(max(id), 0) FROM trace_event)))
ORDER BY tried NULLS FIRST, id

-- name: claim
UPDATE trace_subscription AS s
SET claimed = %(real)s, tried = %(real)s, claim = s.claim + 1
FROM trace_query AS q
WHERE s.id = %(id)s AND q.party = s.party AND q.name = s.query AND s.ended IS NULL
  AND (s.not_before IS NULL OR s.not_before <= %(real)s)
  AND (s.claimed IS NULL OR s.claimed < %(lost)s)
RETURNING s.id, s.party, s.query, s.dest, s.token, s.token_sealed, s.spelling, s.initial, s.schedule,
    s.report_if_empty, s.floor, s.seen_order, s.seen_event, s.goal, s.empty_run, s.next_run,
    s.last_run, s.batch_size, s.batch_key, s.batch_events, s.batch_order, s.batch_event,
    s.batch_made, s.claim, s.attempts, q.query

-- name: bound
-- Of one statement, so that a query which takes too long ends, and not the database.
SET LOCAL statement_timeout = %(ms)s

-- name: settle
-- Without a batch there is nothing to send, and the claim ends.
UPDATE trace_subscription
SET seen_order = %(order)s, seen_event = %(event)s, goal = %(goal)s, empty_run = %(empty_run)s,
    next_run = %(next_run)s, last_run = %(last_run)s, batch_key = %(key)s,
    batch_events = %(events)s::bigint[], batch_order = %(batch_order)s,
    batch_event = %(batch_event)s, batch_made = %(made)s, problem = NULL,
    claimed = CASE WHEN %(key)s::text IS NULL THEN NULL ELSE claimed END
WHERE id = %(id)s

-- name: taken
UPDATE trace_subscription
SET seen_order = batch_order, seen_event = batch_event, batch_key = NULL, batch_events = NULL,
    batch_order = NULL, batch_event = NULL, batch_made = NULL, claimed = NULL, attempts = 0,
    failing = NULL, failure = NULL, not_before = NULL, notified = %(now)s
WHERE id = %(id)s AND claim = %(claim)s RETURNING id

-- name: too_large
UPDATE trace_subscription
SET batch_size = %(size)s, batch_key = NULL, batch_events = NULL, batch_order = NULL,
    batch_event = NULL, batch_made = NULL, claimed = NULL
WHERE id = %(id)s AND claim = %(claim)s

-- name: failed
UPDATE trace_subscription
SET claimed = NULL, attempts = attempts + 1, failing = coalesce(failing, %(at)s),
    failure = %(why)s, last_failed = %(at)s, last_failure = %(why)s, not_before = %(again)s,
    ended = CASE WHEN failing <= %(since)s THEN %(at)s::timestamptz END
WHERE id = %(id)s AND claim = %(claim)s

-- name: unfit
UPDATE trace_subscription
SET attempts = attempts + 1, failing = coalesce(failing, %(at)s), failure = %(why)s,
    last_failed = %(at)s, last_failure = %(why)s, not_before = %(again)s,
    ended = CASE WHEN failing <= %(since)s THEN %(at)s::timestamptz END
WHERE id = %(id)s AND claimed IS NULL
RETURNING query, dest, token, token_sealed, spelling, problem

-- name: told_problem
UPDATE trace_subscription SET problem = %(kind)s WHERE id = %(id)s AND claimed IS NULL

-- name: clear_tokens
SELECT id, token FROM trace_subscription WHERE token IS NOT NULL FOR UPDATE SKIP LOCKED

-- name: seal_token
UPDATE trace_subscription SET token = NULL, token_sealed = %(sealed)s WHERE id = %(id)s
