-- What is noted of lots: tests, states that inspectors give them, reasons they set aside.

-- name: add_test
INSERT INTO lot_test (lot, kind, day, substances, passed, tested_by, report, at, person, name)
VALUES (%(lot)s, %(kind)s, %(day)s, %(substances)s, %(passed)s, %(tested_by)s, %(report)s, %(at)s,
    %(person)s, %(name)s) RETURNING id

-- name: tests
SELECT kind, day, substances, passed, tested_by, report, at, name FROM lot_test
WHERE lot = %(lot)s ORDER BY day, id

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
