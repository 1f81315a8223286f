-- name: others
SELECT value, party FROM trace_handled WHERE value = ANY(%(values)s) AND party <> %(party)s

-- name: plantings
-- What lots grew of: who handles a lot sees what was done to it before it was one.
SELECT DISTINCT j.planting FROM lot AS l JOIN lot_planting AS j ON j.lot = l.code
WHERE l.uri = ANY(%(values)s)

-- name: put_handled
INSERT INTO trace_handled (party, value, since) VALUES %s ON CONFLICT DO NOTHING RETURNING value

-- name: put_visible
INSERT INTO trace_visible (party, event) VALUES %s ON CONFLICT DO NOTHING

-- name: put_seen
INSERT INTO trace_seen (party, kind, value) VALUES %s ON CONFLICT DO NOTHING

-- name: earlier
WITH found AS (
    INSERT INTO trace_visible (party, event)
    SELECT DISTINCT %(party)s, t.event FROM trace_term AS t
    WHERE t.value = ANY(%(values)s) AND t.kind = ANY(%(named)s)
    ON CONFLICT DO NOTHING RETURNING event
)
INSERT INTO trace_seen (party, kind, value)
SELECT %(party)s, said.kind, said.value
FROM found AS f JOIN trace_event AS e ON e.id = f.event
CROSS JOIN LATERAL (VALUES ('type', e.type), ('biz_step', e.biz_step),
    ('disposition', e.disposition), ('read_point', e.read_point),
    ('biz_location', e.biz_location)) AS said (kind, value)
WHERE said.value IS NOT NULL
UNION
SELECT %(party)s, 'thing', t.value
FROM found AS f JOIN trace_term AS t ON t.event = f.event AND t.kind = ANY(%(things)s)
WHERE NOT EXISTS (  -- OFFSET 0: one look for each, where a join would read all that a party had
    SELECT 1 FROM trace_handled AS h WHERE h.party = %(party)s AND h.value = t.value OFFSET 0)
ON CONFLICT DO NOTHING
