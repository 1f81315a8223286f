-- Shipments of lots between parties.

-- name: party
SELECT id FROM trace_party WHERE id = %(party)s

-- name: away
SELECT coalesce(sum(weight_kg), 0) FROM shipment WHERE lot = %(lot)s

-- name: add
INSERT INTO shipment (code, uri, lot, weight_kg, product, asset, sender, receiver, shipped, person,
    name, load)
VALUES (%(code)s, %(uri)s, %(lot)s, %(weight_kg)s, %(product)s, %(asset)s, %(sender)s,
    %(receiver)s, %(shipped)s, %(person)s, %(name)s, %(load)s)

-- name: lock
SELECT code FROM shipment WHERE code = %(code)s FOR UPDATE

-- name: shipments
SELECT s.code, s.uri, s.lot, l.uri, l.village, l.produce, s.weight_kg, s.product, s.asset, a.uri,
       a.name, a.kind, s.sender, f.name, s.receiver, t.name, s.shipped, s.name,
       coalesce(s.load, s.code), h.accepted, h.celsius, h.logger_celsius, h.note, h.at, h.name
FROM shipment s
JOIN lot l ON l.code = s.lot
JOIN asset a ON a.id = s.asset
JOIN trace_party f ON f.id = s.sender
JOIN trace_party t ON t.id = s.receiver
LEFT JOIN handover h ON h.shipment = s.code
WHERE (%(code)s::text IS NULL OR s.code = %(code)s)
    AND (%(load)s::text IS NULL OR %(load)s IN (s.code, s.load))
    AND (%(party)s::text IS NULL OR %(party)s IN (s.sender, s.receiver))
    AND (NOT %(open)s OR h.shipment IS NULL)
ORDER BY s.shipped DESC, s.code
LIMIT %(most)s

-- name: carried
SELECT l.uri, sum(s.weight_kg)
FROM shipment s JOIN lot l ON l.code = s.lot LEFT JOIN handover h ON h.shipment = s.code
WHERE s.asset = %(asset)s AND s.shipped < %(end)s AND (h.at IS NULL OR h.at > %(start)s)
GROUP BY l.uri ORDER BY l.uri

-- name: add_handover
INSERT INTO handover (shipment, accepted, celsius, logger_celsius, note, at, person, name)
VALUES (%(shipment)s, %(accepted)s, %(celsius)s, %(logger_celsius)s, %(note)s, %(at)s, %(person)s,
    %(name)s)

-- name: phones
SELECT DISTINCT p.phone FROM trace_member m JOIN person p ON p.id = m.person
WHERE m.party = ANY(%(parties)s) AND p.phone IS NOT NULL AND p.active
ORDER BY p.phone

-- name: stopped
-- What an inspector said last of a lot, or of one that it came from, where that stops it.
WITH RECURSIVE way AS (
    SELECT %(lot)s::text AS code
    UNION
    SELECT p.parent FROM way JOIN lot_part p ON p.child = way.code
)
SELECT n.state, way.code
FROM way JOIN LATERAL (
    SELECT state FROM lot_state WHERE lot = way.code ORDER BY id DESC LIMIT 1) n ON true
WHERE n.state <> 'freed'
ORDER BY n.state DESC LIMIT 1
