-- name: put
INSERT INTO node_command (node, number, epoch, word, body, shown, made, made_by, expires)
VALUES (%(node)s, %(number)s, %(epoch)s, %(word)s, %(body)s, %(shown)s, %(at)s, %(by)s, %(expires)s)

-- name: epoch
SELECT epoch FROM node_key WHERE node = %(node)s AND retired IS NULL

-- name: next_number
SELECT coalesce(max(number), 0) + 1 FROM node_command WHERE node = %(node)s

-- name: take
-- Those never sent, and of the nodes that were just heard those sent a while ago; noted as sent.
WITH due AS (
    SELECT c.node, c.number FROM node_command c
    JOIN node_key k ON k.node = c.node AND k.epoch = c.epoch AND k.retired IS NULL
    WHERE c.answered IS NULL AND c.expires > %(at)s
      AND (c.sent IS NULL OR (c.sent < %(before)s AND c.node = ANY(%(heard)s)))
    FOR UPDATE OF c SKIP LOCKED
)
UPDATE node_command c SET sent = %(at)s, times = c.times + 1 FROM due
WHERE (c.node, c.number) = (due.node, due.number)
RETURNING c.node, c.number, c.epoch, c.word, c.expires, c.body

-- name: withdraw
UPDATE node_command c SET expires = %(at)s
FROM unnest(%(nodes)s::text[], %(numbers)s::bigint[]) AS given (node, number)
WHERE c.node = given.node AND c.number = given.number AND c.answered IS NULL AND c.expires > %(at)s
RETURNING c.number

-- name: answer
UPDATE node_command SET result = %(result)s, more = %(more)s, heard = %(at)s,
    answered = CASE WHEN %(last)s THEN %(at)s::timestamptz END
WHERE node = %(node)s AND number = %(number)s AND answered IS NULL
RETURNING word

-- name: of_node
SELECT node, number, word, shown, made, made_by, expires, sent, times, result, more, heard, answered
FROM node_command WHERE node = %(node)s ORDER BY number DESC LIMIT %(limit)s

-- name: put_refused
INSERT INTO node_refused (node, reason, count, boot, received)
VALUES (%(node)s, %(reason)s, %(count)s, %(boot)s, %(at)s)
ON CONFLICT (node, reason) DO UPDATE SET count = EXCLUDED.count, boot = EXCLUDED.boot,
    received = EXCLUDED.received

-- name: refused
SELECT node, reason, count, received FROM node_refused
WHERE %(node)s::text IS NULL OR node = %(node)s ORDER BY node, reason
