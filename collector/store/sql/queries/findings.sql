-- Non-conformities and what became of them, step by step.

-- name: add
INSERT INTO finding (number, what, lot, field, party, village, severity, found_by, due, plan, at,
    person, name)
VALUES (%(number)s, %(what)s, %(lot)s, %(field)s, %(party)s, %(village)s, %(severity)s,
    %(found_by)s, %(due)s, %(plan)s, %(at)s, %(person)s, %(name)s)

-- name: step
INSERT INTO finding_step (finding, number, state, action, evidence, reason, at, person, name)
VALUES (%(finding)s, %(number)s, %(state)s, %(action)s, %(evidence)s, %(reason)s, %(at)s,
    %(person)s, %(name)s)
ON CONFLICT DO NOTHING RETURNING number

-- name: of
-- What is late comes first, then what is not over, then the newest.
SELECT f.number, f.what, f.lot, f.field, f.party, f.village, f.severity, f.found_by, f.due, f.plan,
       f.at, f.name, s.number, s.state
FROM finding f
JOIN LATERAL (SELECT number, state FROM finding_step WHERE finding = f.number
              ORDER BY number DESC LIMIT 1) s ON true
LEFT JOIN village v ON v.id = f.village
WHERE (%(number)s::text IS NULL OR f.number = %(number)s)
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
ORDER BY s.state <> 'closed' AND f.due < %(today)s DESC, s.state = 'closed', f.due, f.at DESC,
    f.number
LIMIT %(most)s

-- name: of_sample
-- Non-conformities that a sample opened and nobody closed, as they stand.
SELECT f.number, s.number, s.state FROM finding f
JOIN LATERAL (SELECT number, state FROM finding_step WHERE finding = f.number
              ORDER BY number DESC LIMIT 1) s ON true
WHERE f.plan = %(plan)s AND f.lot = %(lot)s AND s.state <> 'closed' ORDER BY f.number

-- name: steps
SELECT number, state, action, evidence, reason, at, name FROM finding_step
WHERE finding = %(finding)s ORDER BY number
