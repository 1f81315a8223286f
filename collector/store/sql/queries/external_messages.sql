-- name: there
-- Whether a message is a repetition: the same bytes, the same event of a network server, or the same
-- payload under the same counter of the same session at about the same time. One that was retained is
-- repeated by a retained one alone: a device may say the same again.
SELECT EXISTS (
    SELECT FROM external_message m WHERE m.device = %(device)s AND m.identity = %(identity)s
) OR EXISTS (
    SELECT FROM external_message m
    WHERE m.device = %(device)s AND m.sha256 = %(sha256)s AND m.received > %(bytes_since)s
      AND (right(%(transport)s, length(%(retained)s)) = %(retained)s
           OR right(m.transport, length(%(retained)s)) <> %(retained)s)
) OR EXISTS (
    SELECT FROM external_message m
    WHERE m.device = %(device)s AND m.session = %(session)s AND m.counter = %(counter)s
      AND m.payload = %(payload)s
      AND abs(extract(epoch FROM coalesce(m.sent, m.received) - %(sent)s)) <= %(apart_s)s
)

-- name: put
INSERT INTO external_message (
    device, identity, received, transport, form, sha256, bytes, sent, session, counter, payload)
VALUES (
    %(device)s, %(identity)s, %(received)s, %(transport)s, %(form)s, %(sha256)s, %(data)s,
    %(sent)s, %(session)s, %(counter)s, %(payload)s)
RETURNING id

-- name: of_device
SELECT id, device, received, transport, form, sha256, bytes FROM external_message
WHERE device = %(device)s AND received >= %(since)s ORDER BY received, id

-- name: newest
SELECT id, device, received, transport, form, sha256, bytes FROM external_message
WHERE device = %(device)s ORDER BY received DESC, id DESC LIMIT %(limit)s

-- name: one
SELECT id, device, received, transport, form, sha256, bytes FROM external_message WHERE id = %(id)s

-- name: count_at
SELECT count, amount FROM external_count
WHERE channel = %(channel)s AND time = to_timestamp(%(time)s)

-- name: count_before
SELECT extract(epoch FROM time)::bigint, count FROM external_count
WHERE channel = %(channel)s AND time < to_timestamp(%(time)s)
ORDER BY time DESC LIMIT 1

-- name: count_after
SELECT EXISTS (
    SELECT FROM external_count WHERE channel = %(channel)s AND time > to_timestamp(%(time)s))

-- name: put_count
INSERT INTO external_count (channel, time, count, amount, message)
VALUES (%(channel)s, to_timestamp(%(time)s), %(count)s, %(amount)s, %(message)s)
