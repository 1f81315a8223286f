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
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE closed IS NULL ORDER BY opened, id

-- name: closed
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE closed IS NOT NULL ORDER BY closed DESC, id DESC LIMIT %(limit)s

-- name: open_of
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE closed IS NULL AND node = ANY(%(nodes)s) ORDER BY opened, id

-- name: of_node
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE node = %(node)s
ORDER BY closed IS NOT NULL, closed DESC, id DESC LIMIT %(limit)s

-- name: open_of_kinds
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE closed IS NULL AND kind = ANY(%(kinds)s) ORDER BY opened, id

-- name: of_subject
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE kind = ANY(%(kinds)s) AND subject = %(subject)s ORDER BY id DESC

-- name: newest
SELECT id, kind, params, subject, node, opened, last_seen, count, seen, seen_by, closed,
       closed_by, note, assigned_to, assigned
FROM maintenance_item WHERE closed IS NULL ORDER BY opened DESC, id DESC LIMIT %(limit)s

-- name: assign
UPDATE maintenance_item SET assigned_to = %(to)s, assigned_person = %(person)s, assigned = %(at)s
WHERE id = %(id)s AND closed IS NULL
RETURNING id

-- name: add_note
INSERT INTO item_note (item, at, person, name, note, photo)
SELECT id, %(at)s, %(person)s, %(who)s, %(note)s, %(photo)s FROM maintenance_item
WHERE id = %(id)s
RETURNING id

-- name: notes
SELECT item, at, name, note, photo FROM item_note WHERE item = ANY(%(items)s) ORDER BY id

-- name: photo
SELECT p.jpeg FROM item_note n
JOIN maintenance_item m ON m.id = n.item JOIN photo p ON p.id = n.photo
WHERE p.id = %(photo)s AND m.node = %(node)s
