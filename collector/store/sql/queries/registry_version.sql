-- name: version
SELECT version FROM registry_version

-- name: hold_still
SELECT version FROM registry_version FOR UPDATE

-- name: begin_change
UPDATE registry_version SET version = version + 1

-- name: touch
UPDATE node SET changed = (SELECT version FROM registry_version)
WHERE id IN (SELECT id FROM node WHERE id = ANY(%(nodes)s) ORDER BY id FOR UPDATE)

-- name: touch_serving
UPDATE node SET changed = (SELECT version FROM registry_version)
WHERE id IN (
    SELECT id FROM node
    WHERE id IN (SELECT node FROM assignment WHERE placement = ANY(%(placements)s))
    ORDER BY id FOR UPDATE)
