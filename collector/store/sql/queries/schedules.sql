-- name: add
INSERT INTO output_schedule (node, output, days, start, finish, made, made_by, why)
VALUES (%(node)s, %(output)s, %(days)s, %(start)s, %(finish)s, %(at)s, %(by)s, %(why)s) RETURNING id

-- name: lock
SELECT id FROM node WHERE id = %(node)s FOR NO KEY UPDATE

-- name: open
SELECT id, node, output, days, start, finish, made, made_by, why, ended, ended_by
FROM output_schedule
WHERE ended IS NULL AND (%(nodes)s::text[] IS NULL OR node = ANY(%(nodes)s)) ORDER BY node, output, id

-- name: find
SELECT id, node, output, days, start, finish, made, made_by, why, ended, ended_by
FROM output_schedule WHERE id = %(id)s

-- name: end
UPDATE output_schedule SET ended = %(at)s, ended_by = %(by)s WHERE id = %(id)s AND ended IS NULL RETURNING node

-- name: was_run
SELECT schedule, due FROM output_schedule_run WHERE due >= %(since)s

-- name: put_run
INSERT INTO output_schedule_run (schedule, due, given, refused)
VALUES (%(schedule)s, %(due)s, %(given)s, %(refused)s) ON CONFLICT DO NOTHING

-- name: runs
SELECT r.schedule, r.due, r.given, r.refused FROM output_schedule_run r
WHERE r.schedule = ANY(%(schedules)s) ORDER BY r.due DESC LIMIT %(limit)s
