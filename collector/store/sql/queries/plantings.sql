-- What grew in fields in one season: which lots came of it, and what is told of it.

-- name: season
-- The season in which a lot's crop was sown; none where nobody noted it.
SELECT l.field, (SELECT s.id FROM season AS s WHERE s.field = l.field AND s.sown = l.season
                 ORDER BY s.crop LIMIT 1)
FROM lot AS l WHERE l.code = %(lot)s AND l.kind = 'harvest'

-- name: lock_field
SELECT id FROM field WHERE id = %(field)s FOR NO KEY UPDATE

-- name: of_season
SELECT uri, party FROM planting WHERE season = %(season)s

-- name: add
INSERT INTO planting (uri, field, season, party, made)
VALUES (%(uri)s, %(field)s, %(season)s, %(party)s, %(at)s)

-- name: join
INSERT INTO lot_planting (lot, planting) VALUES (%(lot)s, %(planting)s)

-- name: unjoined
SELECT l.code, l.whose FROM lot AS l
WHERE l.code = %(lot)s AND l.kind = 'harvest'
    AND NOT EXISTS (SELECT FROM lot_planting AS j WHERE j.lot = l.code)

-- name: fields
SELECT DISTINCT field FROM planting ORDER BY field

-- name: of_fields
-- The plantings of fields, each with its lots' time, where it is, and its crop as noted now. A field
-- that was given up has no diary any more, and what was told of it stays.
SELECT p.uri, p.field, p.party, min(coalesce(l.season, l.day - 365)), max(l.day),
       coalesce(max(c.zh), '') || coalesce(max(t.zh), ''), coalesce(max(t.code), max(c.code), ''),
       max(s.crop), coalesce(max(s.variety), ''), max(s.sown),
       array_agg(DISTINCT l.made_by),
       ARRAY(SELECT k.name FROM field_keeper AS f JOIN person AS k ON k.id = f.person
             WHERE f.field = p.field ORDER BY k.name)
FROM planting AS p
JOIN lot_planting AS j ON j.planting = p.uri
JOIN lot AS l ON l.code = j.lot
JOIN own_field AS o ON o.field = p.field AND o.given_up IS NULL
LEFT JOIN season AS s ON s.id = p.season
LEFT JOIN village AS v ON v.id = l.village
LEFT JOIN county AS c ON c.code = v.county
LEFT JOIN township AS t ON t.code = v.township
WHERE p.field = ANY(%(fields)s::text[])
GROUP BY p.uri ORDER BY p.uri

-- name: told
-- What was told of a planting, and whether it stands: nobody declared it an error since.
SELECT e.document, NOT EXISTS (
    SELECT FROM trace_event AS x
    WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)
FROM trace_term AS t JOIN trace_event AS e ON e.id = t.event
WHERE t.value = %(uri)s AND t.kind = 'class' AND e.party = %(party)s AND e.declared IS NULL
ORDER BY e.id
