-- name: add
INSERT INTO output_sequence (field, m3, made, made_by, why)
VALUES (%(field)s, %(m3)s, %(at)s, %(by)s, %(why)s) ON CONFLICT DO NOTHING RETURNING id

-- name: add_step
INSERT INTO output_sequence_step (sequence, number, node, output, seconds, after)
VALUES (%(sequence)s, %(number)s, %(node)s, %(output)s, %(seconds)s, %(after)s)

-- name: open
SELECT id, field, m3, made, made_by, why, ended, result, reason FROM output_sequence
WHERE ended IS NULL ORDER BY id

-- name: lock_open
SELECT id, field, m3, made, made_by, why, ended, result, reason FROM output_sequence
WHERE ended IS NULL ORDER BY id FOR UPDATE SKIP LOCKED

-- name: of_field
SELECT id, field, m3, made, made_by, why, ended, result, reason FROM output_sequence
WHERE field = %(field)s ORDER BY id DESC LIMIT %(limit)s

-- name: steps
SELECT sequence, number, node, output, seconds, after, given FROM output_sequence_step
WHERE sequence = ANY(%(sequences)s) ORDER BY sequence, number

-- name: given
UPDATE output_sequence_step SET given = %(given)s WHERE sequence = %(sequence)s AND number = %(number)s

-- name: end
UPDATE output_sequence SET ended = %(at)s, result = %(result)s, reason = %(reason)s
WHERE id = %(id)s AND ended IS NULL RETURNING id
