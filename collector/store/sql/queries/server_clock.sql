-- name: kept
-- Each transaction that takes something in begins so. The session is told again how long it may be
-- silent: behind a pooler it may be one that was opened after the client connected.
SELECT (SELECT max(received) FROM server_clock WHERE doubt IS NULL), clock_timestamp(),
       coalesce((SELECT accepted FROM server_clock WHERE host = %(host)s), 0),
       set_config('idle_in_transaction_session_timeout', %(silent)s, false)

-- name: put
INSERT INTO server_clock AS c (host, received, said, doubt)
VALUES (%(host)s, CASE WHEN %(doubt)s::text IS NULL THEN %(now)s::timestamptz END, %(now)s,
        %(doubt)s)
ON CONFLICT (host) DO UPDATE SET
    received = coalesce(excluded.received, c.received), said = excluded.said,
    doubt = excluded.doubt

-- name: doubts
SELECT host, doubt, said FROM server_clock WHERE doubt IS NOT NULL ORDER BY host

-- name: in_doubt
SELECT (SELECT doubt FROM server_clock WHERE host = %(host)s),
       coalesce((SELECT max(received) FROM server_clock WHERE doubt IS NULL)
                > %(now)s::timestamptz + interval '1 minute', false)

-- name: accept
WITH future AS (
    UPDATE server_clock SET received = NULL WHERE received > %(now)s AND host <> %(host)s
)
UPDATE server_clock SET
    accepted = accepted + 1, accepted_by = %(by)s, doubt = NULL,
    received = CASE WHEN received <= %(now)s THEN received END
WHERE host = %(host)s
RETURNING host

-- name: newest_receipt
SELECT max(received) FROM server_clock
