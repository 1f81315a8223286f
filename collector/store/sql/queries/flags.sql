-- Where events that are each right break a story together.

-- name: behind
SELECT p.id, coalesce(l.number, 0) FROM trace_party p
LEFT JOIN trace_looked l ON l.party = p.id
WHERE EXISTS (SELECT FROM trace_event e
              WHERE e.party = p.id AND e.number > coalesce(l.number, 0))
ORDER BY p.id

-- name: fresh
SELECT id, number FROM trace_event WHERE party = %(party)s AND number > %(after)s
ORDER BY number LIMIT %(most)s

-- name: concerned
WITH fresh AS (
    SELECT id, party, event_id, transformation, declared FROM trace_event WHERE id = ANY(%(ids)s)
), named AS (
    SELECT id FROM fresh
    UNION
    SELECT e.id FROM fresh f
    JOIN trace_event e ON e.party = f.party AND e.event_id = f.event_id AND f.declared IS NOT NULL
), grouped AS (
    SELECT id FROM named
    UNION
    SELECT e.id FROM named n
    JOIN trace_event f ON f.id = n.id
    JOIN trace_event e ON e.transformation = f.transformation
)
SELECT DISTINCT t.value FROM grouped g JOIN trace_term t ON t.event = g.id
WHERE t.kind = ANY(%(things)s) AND t.value !~ %(product)s AND t.value NOT LIKE '%%*'

-- name: children
SELECT DISTINCT c.value FROM trace_term p
JOIN trace_term c ON c.event = p.event AND c.kind IN ('child', 'child_class')
WHERE p.kind = 'parent' AND p.value = ANY(%(values)s) AND c.value !~ %(product)s
    AND c.value NOT LIKE '%%*'

-- name: events
WITH found AS (
    SELECT event AS id FROM trace_term WHERE value = ANY(%(values)s) AND kind = ANY(%(things)s)
    UNION
    SELECT id FROM trace_event WHERE transformation = ANY(%(groups)s)
)
SELECT e.id, e.party, e.event_time, e.type, e.biz_step, e.document
FROM found JOIN trace_event e ON e.id = found.id
WHERE e.declared IS NULL AND NOT EXISTS (
    SELECT FROM trace_event d
    WHERE d.party = e.party AND d.event_id = e.event_id AND d.declared IS NOT NULL)

-- name: put
INSERT INTO trace_flag (event, kind, thing, detail, found) VALUES %s
ON CONFLICT (event, kind, thing) DO UPDATE
SET detail = EXCLUDED.detail, cleared = NULL,
    found = CASE WHEN trace_flag.cleared IS NULL THEN trace_flag.found ELSE EXCLUDED.found END

-- name: clear
UPDATE trace_flag SET cleared = %(at)s
WHERE thing = ANY(%(things)s) AND cleared IS NULL
    AND NOT (event::text || ' ' || kind || ' ' || thing = ANY(%(found)s))
RETURNING event

-- name: looked
INSERT INTO trace_looked (party, number) VALUES (%(party)s, %(number)s)
ON CONFLICT (party) DO UPDATE SET number = EXCLUDED.number

-- name: listed
SELECT f.kind, f.thing, f.detail, f.found, f.cleared, e.event_id, p.name, e.event_time, l.code
FROM trace_flag f
JOIN trace_event e ON e.id = f.event
JOIN trace_party p ON p.id = e.party
LEFT JOIN lot l ON l.uri = f.thing
LEFT JOIN village v ON v.id = l.village
WHERE (%(cleared)s OR f.cleared IS NULL)
    AND (%(kind)s::text IS NULL OR f.kind = %(kind)s)
    AND (%(thing)s::text IS NULL OR f.thing = %(thing)s)
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
ORDER BY f.found DESC, e.id DESC, f.kind, f.thing
LIMIT %(most)s

-- name: standing
SELECT count(*) FROM trace_flag WHERE cleared IS NULL
