-- What is noted of lots: tests, states that inspectors give them, reasons they set aside.

-- name: add_test
INSERT INTO lot_test (lot, kind, day, substances, passed, tested_by, report, at, person, name)
VALUES (%(lot)s, %(kind)s, %(day)s, %(substances)s, %(passed)s, %(tested_by)s, %(report)s, %(at)s,
    %(person)s, %(name)s) RETURNING id

-- name: tests
-- Also those that were struck: they are kept, and count no more.
SELECT a.id, a.lot, a.kind, a.day, a.substances, a.passed, a.tested_by, a.report, a.at, a.name,
       s.reason, s.at, s.name
FROM lot_test a LEFT JOIN lot_test_struck s ON s.test = a.id
WHERE (%(lot)s::text IS NULL OR a.lot = %(lot)s) AND (%(id)s::bigint IS NULL OR a.id = %(id)s)
ORDER BY a.day, a.id

-- name: strike
INSERT INTO lot_test_struck (test, instead, reason, at, person, name)
VALUES (%(test)s, %(instead)s, %(reason)s, %(at)s, %(person)s, %(name)s)
ON CONFLICT DO NOTHING RETURNING test

-- name: add_state
INSERT INTO lot_state (lot, state, reason, at, person, name)
VALUES (%(lot)s, %(state)s, %(reason)s, %(at)s, %(person)s, %(name)s) RETURNING id

-- name: states
SELECT state, reason, at, name FROM lot_state WHERE lot = %(lot)s ORDER BY id DESC

-- name: add_override
INSERT INTO lot_override (lot, reasons, reason, at, person, name)
VALUES (%(lot)s, %(reasons)s, %(reason)s, %(at)s, %(person)s, %(name)s) RETURNING id

-- name: overrides
SELECT reasons, reason, at, name FROM lot_override WHERE lot = %(lot)s ORDER BY id DESC
