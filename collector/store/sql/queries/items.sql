-- name: raise
INSERT INTO maintenance_item (kind, subject, node, opened, last_seen, params) VALUES %s
ON CONFLICT (kind, subject) WHERE closed IS NULL DO UPDATE SET
    count = maintenance_item.count + 1, last_seen = excluded.last_seen, node = excluded.node,
    params = excluded.params

-- name: close_gone
UPDATE maintenance_item SET closed = %(at)s
WHERE kind = %(kind)s AND subject = ANY(%(subjects)s) AND closed IS NULL

-- name: close_others
UPDATE maintenance_item SET closed = %(at)s
WHERE kind = %(kind)s AND subject <> ALL(%(subjects)s::text[]) AND closed IS NULL

-- name: close_quiet
UPDATE maintenance_item SET closed = %(at)s
WHERE kind = ANY(%(kinds)s) AND last_seen < %(before)s AND closed IS NULL
RETURNING id

-- name: note_seen
UPDATE maintenance_item SET seen = %(at)s, seen_by = %(by)s
WHERE id = %(id)s AND closed IS NULL
RETURNING id

-- name: close
UPDATE maintenance_item SET closed = %(at)s, closed_by = %(by)s, note = %(note)s
WHERE id = %(id)s AND closed IS NULL
RETURNING id

-- name: open
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note
FROM maintenance_item WHERE closed IS NULL ORDER BY opened, id

-- name: closed
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note
FROM maintenance_item WHERE closed IS NOT NULL ORDER BY closed DESC, id DESC LIMIT %(limit)s
