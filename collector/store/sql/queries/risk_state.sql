-- name: lock
SELECT pg_advisory_xact_lock(hashtext('nongqing.risk_state'))

-- name: last_change
SELECT coalesce(max(number), 0) FROM hourly_change

-- name: held
SELECT f.open_day, f.field, f.facts, f.state, s.seen, s.digest
FROM risk_state_field f JOIN risk_state s ON s.id = f.state
WHERE f.open_day <= %(latest)s
ORDER BY f.open_day DESC, f.state, f.field

-- name: changes
SELECT number, day, observed, series FROM hourly_change
WHERE number > %(seen)s AND day < %(before)s ORDER BY number

-- name: bytes
SELECT bytes FROM risk_state WHERE id = %(state)s

-- name: put_state
INSERT INTO risk_state (open_day, seen, digest, bytes)
VALUES (%(open_day)s, %(seen)s, %(digest)s, %(bytes)s) RETURNING id

-- name: put_fields
INSERT INTO risk_state_field (open_day, field, state, facts) VALUES %s
ON CONFLICT (open_day, field) DO UPDATE SET state = excluded.state, facts = excluded.facts

-- name: drop_fields
DELETE FROM risk_state_field f
USING unnest(%(days)s::date[], %(fields)s::text[], %(states)s::bigint[]) AS v (day, field, state)
WHERE (f.open_day, f.field, f.state) = (v.day, v.field, v.state)

-- name: drop_days
DELETE FROM risk_state WHERE NOT open_day = ANY(%(keep)s::date[])

-- name: drop_unused
DELETE FROM risk_state s WHERE NOT EXISTS (SELECT FROM risk_state_field f WHERE f.state = s.id)

-- name: advance
UPDATE risk_state SET seen = %(seen)s WHERE seen < %(seen)s AND id = ANY(%(states)s::bigint[])

-- name: drop_changes
DELETE FROM hourly_change
WHERE number < coalesce((SELECT min(seen) FROM risk_state), 9223372036854775807)
  AND recorded < now() - interval '2 days'
