-- What was done to lots, as it is told in events.

-- name: made
SELECT l.code, l.uri, l.kind, l.produce, l.weight_kg, l.day, l.made, l.whose,
       coalesce(c.zh, '') || coalesce(t.zh, ''),
       coalesce(t.code, c.code, ''),
       ARRAY(SELECT a.uri FROM lot_part p JOIN lot a ON a.code = p.parent
             WHERE p.child = l.code ORDER BY p.parent),
       ARRAY(SELECT p.weight_kg FROM lot_part p WHERE p.child = l.code ORDER BY p.parent),
       (SELECT k.number FROM certificate k JOIN bought_certificate b ON b.number = k.number
        WHERE b.lot = l.code),
       (SELECT j.planting FROM lot_planting j WHERE j.lot = l.code)
FROM lot l
LEFT JOIN village v ON v.id = l.village
LEFT JOIN county c ON c.code = v.county
LEFT JOIN township t ON t.code = v.township
WHERE l.code = %(lot)s

-- name: tests
SELECT l.uri, a.id, a.kind, a.day, a.substances, a.passed, a.at, a.person, a.name,
       l.weight_kg - coalesce((SELECT sum(p.weight_kg) FROM lot_part p JOIN lot k ON k.code = p.child
                               WHERE p.parent = l.code AND k.made <= a.at), 0)
FROM lot_test a JOIN lot l ON l.code = a.lot
WHERE a.lot = %(lot)s AND (%(id)s::bigint IS NULL OR a.id = %(id)s)
    AND NOT EXISTS (SELECT FROM lot_test_struck s WHERE s.test = a.id) ORDER BY a.id

-- name: in_force
-- An event as it was told, by whose chain it stands in; none where it was declared an error since.
SELECT e.party, e.document FROM trace_event e
WHERE e.event_id = %(id)s AND e.declared IS NULL AND NOT EXISTS (
    SELECT FROM trace_event x
    WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)

-- name: uri_of
SELECT uri FROM lot WHERE code = %(lot)s

-- name: states
SELECT l.uri, a.id, a.state, a.at,
       l.weight_kg - coalesce((SELECT sum(p.weight_kg) FROM lot_part p JOIN lot k ON k.code = p.child
                               WHERE p.parent = l.code AND k.made <= a.at), 0)
FROM lot_state a JOIN lot l ON l.code = a.lot
WHERE a.lot = %(lot)s AND (%(id)s::bigint IS NULL OR a.id = %(id)s) ORDER BY a.id

-- name: overrides
SELECT l.uri, a.id, a.reasons, a.at,
       l.weight_kg - coalesce((SELECT sum(p.weight_kg) FROM lot_part p JOIN lot k ON k.code = p.child
                               WHERE p.parent = l.code AND k.made <= a.at), 0)
FROM lot_override a JOIN lot l ON l.code = a.lot
WHERE a.lot = %(lot)s AND (%(id)s::bigint IS NULL OR a.id = %(id)s) ORDER BY a.id

-- name: certificates
SELECT l.uri, c.number, c.weight_kg, c.grounds, c.issued, c.person
FROM certificate c JOIN lot l ON l.code = c.lot
WHERE c.lot = %(lot)s AND (%(number)s::text IS NULL OR c.number = %(number)s) ORDER BY c.issued

-- name: voids
SELECT l.uri, c.number, c.weight_kg, v.at, v.person, v.inspector
FROM certificate_void v JOIN certificate c ON c.number = v.number JOIN lot l ON l.code = c.lot
WHERE c.lot = %(lot)s AND (%(number)s::text IS NULL OR c.number = %(number)s) ORDER BY v.at

-- name: lots
SELECT code FROM lot ORDER BY made, code

-- name: told
SELECT event_id FROM trace_event WHERE event_id = ANY(%(ids)s)

-- name: there
SELECT 1 FROM person WHERE id = %(person)s
