-- Villages that were merged into others.

-- name: stand
SELECT id, zh, merged_into FROM village WHERE id IN (%(old)s, %(new)s) ORDER BY id FOR UPDATE

-- name: village_now
WITH RECURSIVE way AS (
    SELECT id, merged_into, 0 AS steps FROM village WHERE id = %(village)s
    UNION ALL
    SELECT v.id, v.merged_into, w.steps + 1 FROM way w JOIN village v ON v.id = w.merged_into
    WHERE w.steps < 20
)
SELECT id FROM way WHERE merged_into IS NULL

-- name: mark
UPDATE village SET merged_into = %(new)s WHERE id = %(old)s

-- name: move_fields
UPDATE field SET village = %(new)s WHERE village = %(old)s RETURNING id

-- name: give_grants
INSERT INTO person_grant (person, role, level, scope, granted, granted_by)
SELECT person, role, level, %(new)s, granted, granted_by FROM person_grant
WHERE level = 'village' AND scope = %(old)s
ON CONFLICT DO NOTHING

-- name: take_grants
DELETE FROM person_grant WHERE level = 'village' AND scope = %(old)s RETURNING person
