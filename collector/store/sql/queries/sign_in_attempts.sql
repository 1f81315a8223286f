-- name: failures
SELECT count(*) FILTER (WHERE account = %(account)s AND network = %(network)s
            AND at > %(at)s::timestamptz - interval '15 minutes'),
    count(*) FILTER (WHERE network = %(network)s AND at > %(at)s::timestamptz - interval '15 minutes'),
    count(*) FILTER (WHERE account = %(account)s AND at > %(at)s::timestamptz - interval '1 hour')
FROM sign_in_failure
WHERE (account = %(account)s OR network = %(network)s)
    AND at > %(at)s::timestamptz - interval '1 hour' AND at <= %(at)s

-- name: note_failure
INSERT INTO sign_in_failure (at, account, network) VALUES (%(at)s, %(account)s, %(network)s)

-- name: forget_failures
DELETE FROM sign_in_failure
WHERE (account = %(account)s AND network = %(network)s) OR at < %(at)s::timestamptz - interval '1 day'

-- name: note_network
INSERT INTO sign_in_network (person, network, last) VALUES (%(person)s, %(network)s, %(at)s)
ON CONFLICT (person, network) DO UPDATE SET last = excluded.last

-- name: knows_network
SELECT EXISTS (SELECT FROM sign_in_network
    WHERE person = %(person)s AND network = %(network)s AND last > %(at)s::timestamptz - interval '90 days')
