-- name: last_change
SELECT coalesce(max(number), 0) FROM hourly_change

-- name: states
SELECT s.open_day, s.begins, s.facts, s.digest, (
    SELECT min(c.earliest) FROM hourly_change c
    WHERE c.number > s.seen AND c.earliest < (s.open_day::timestamp AT TIME ZONE 'Asia/Shanghai')
)
FROM risk_state s WHERE s.open_day <= %(latest)s ORDER BY s.open_day DESC

-- name: bytes
SELECT bytes FROM risk_state WHERE open_day = %(open_day)s

-- name: put_state
INSERT INTO risk_state (open_day, begins, facts, seen, digest, bytes)
VALUES (%(open_day)s, %(begins)s, %(facts)s, %(seen)s, %(digest)s, %(bytes)s)
ON CONFLICT (open_day) DO UPDATE SET begins = excluded.begins, facts = excluded.facts,
    seen = excluded.seen, digest = excluded.digest, bytes = excluded.bytes

-- name: drop_states
DELETE FROM risk_state s WHERE NOT s.open_day = ANY(%(keep)s::date[]) OR EXISTS (
    SELECT FROM hourly_change c WHERE c.number > s.seen AND c.number <= %(seen)s
      AND c.earliest < (s.open_day::timestamp AT TIME ZONE 'Asia/Shanghai'))

-- name: advance_states
UPDATE risk_state SET seen = %(seen)s WHERE seen < %(seen)s

-- name: drop_changes
DELETE FROM hourly_change
WHERE number < coalesce((SELECT min(seen) FROM risk_state), 9223372036854775807)
  AND recorded < now() - interval '2 days'
