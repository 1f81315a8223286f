-- Assets of parties, and the loggers that ride in them.

-- name: add
INSERT INTO asset (uri, kind, name, party, made, made_by)
VALUES (%(uri)s, %(kind)s, %(name)s, %(party)s, %(at)s, %(by)s)
ON CONFLICT (uri) DO NOTHING
RETURNING id

-- name: add_place
-- A store room is one of its party's places; where a place has its name already, that one stays.
INSERT INTO goods_place (uri, party, name, used) SELECT uri, party, name, made FROM asset
WHERE id = %(id)s AND kind = 'store_room' ON CONFLICT DO NOTHING

-- name: assets
SELECT a.id, a.uri, a.kind, a.name, a.party, p.name, a.made, l.node
FROM asset a JOIN trace_party p ON p.id = a.party
LEFT JOIN LATERAL (
    SELECT node FROM asset_logger
    WHERE asset = a.id AND until IS NULL ORDER BY since DESC LIMIT 1) l ON true
WHERE (%(id)s::bigint IS NULL OR a.id = %(id)s) AND (%(party)s::text IS NULL OR a.party = %(party)s)
ORDER BY a.party, a.name, a.id

-- name: attachments
SELECT id, node, asset, since, until FROM asset_logger
WHERE asset = %(asset)s ORDER BY since DESC, id DESC

-- name: lock_node
SELECT id FROM node WHERE id = %(node)s FOR UPDATE

-- name: home
SELECT f.kind FROM node n JOIN field f ON f.id = n.field WHERE n.id = %(node)s

-- name: owner
SELECT p.id, p.name FROM logger_owner o JOIN trace_party p ON p.id = o.party
WHERE o.node = %(node)s ORDER BY o.id DESC LIMIT 1

-- name: loggers
SELECT o.node, a.name FROM (
    SELECT DISTINCT ON (node) node, party FROM logger_owner ORDER BY node, id DESC) o
LEFT JOIN asset_logger l ON l.node = o.node AND l.until IS NULL
LEFT JOIN asset a ON a.id = l.asset
WHERE o.party = %(party)s ORDER BY o.node

-- name: give
INSERT INTO logger_owner (node, party, since, given_by)
VALUES (%(node)s, %(party)s, %(at)s, %(by)s)

-- name: rides
-- Where a node rides from a time on: now, or until later than that.
SELECT a.name, l.until FROM asset_logger l JOIN asset a ON a.id = l.asset
WHERE l.node = %(node)s AND (l.until IS NULL OR l.until > %(since)s)
ORDER BY l.until DESC NULLS FIRST LIMIT 1

-- name: current
SELECT id, asset, since FROM asset_logger WHERE node = %(node)s AND until IS NULL

-- name: attach
INSERT INTO asset_logger (node, asset, since, attached_by)
VALUES (%(node)s, %(asset)s, %(since)s, %(by)s)
RETURNING id

-- name: detach
UPDATE asset_logger SET until = %(at)s, detached_by = %(by)s WHERE id = %(id)s

-- name: add_check
INSERT INTO device_check (node, day, due, checked_by, person, at)
VALUES (%(node)s, %(day)s, %(due)s, %(by)s, %(person)s, %(at)s)

-- name: checks
SELECT DISTINCT ON (node) node, day, due, checked_by FROM device_check
WHERE node = ANY(%(nodes)s) ORDER BY node, day DESC, id DESC
