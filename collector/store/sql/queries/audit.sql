-- name: lock
SELECT pg_advisory_xact_lock(%(key)s)

-- name: last
SELECT number, digest, at FROM audit_entry ORDER BY number DESC LIMIT 1

-- name: append
INSERT INTO audit_entry (number, at, actor, action, object, detail, previous, digest)
VALUES (%(number)s, %(at)s, %(actor)s, %(action)s, %(object)s, %(detail)s, %(previous)s, %(digest)s)

-- name: chain
SELECT number,
       CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint END,
       actor, action, object, detail::text, previous, digest
FROM audit_entry WHERE number >= %(first)s ORDER BY number

-- name: list
SELECT number, at, actor, action, object, detail
FROM audit_entry
WHERE (%(since)s::timestamptz IS NULL OR at >= %(since)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(object)s::text IS NULL OR object = %(object)s)
ORDER BY number DESC LIMIT %(limit)s

-- name: digest
SELECT digest FROM audit_entry WHERE number = %(number)s
