-- name: forward
WITH RECURSIVE reached (value) AS (
    SELECT unnest(%(start)s::text[]) COLLATE "C"
    UNION
    SELECT o.value FROM reached AS r
    JOIN trace_term AS i ON i.value = r.value
        AND i.kind IN ('input', 'input_class', 'child', 'child_class')
    JOIN trace_event AS e ON e.id = i.event AND e.action IS DISTINCT FROM 'DELETE'
    JOIN trace_term AS o ON o.event = i.event
        AND CASE WHEN i.kind IN ('input', 'input_class')
                 THEN o.kind IN ('output', 'output_class') ELSE o.kind = 'parent' END
    WHERE o.value !~ %(product)s
)
SELECT value FROM reached ORDER BY value

-- name: back
WITH RECURSIVE reached (value) AS (
    SELECT unnest(%(start)s::text[]) COLLATE "C"
    UNION
    SELECT o.value FROM reached AS r
    JOIN trace_term AS i ON i.value = r.value AND i.kind IN ('output', 'output_class', 'parent')
    JOIN trace_event AS e ON e.id = i.event AND e.action IS DISTINCT FROM 'DELETE'
    JOIN trace_term AS o ON o.event = i.event
        AND CASE WHEN i.kind = 'parent'
                 THEN o.kind IN ('child', 'child_class')
                 ELSE o.kind IN ('input', 'input_class') END
    WHERE o.value !~ %(product)s
)
SELECT value FROM reached ORDER BY value

-- name: story
SELECT DISTINCT e.event_time, e.id, p.name, e.type, e.biz_step,
       coalesce(e.biz_location, e.read_point), e.declared IS NOT NULL
FROM trace_term AS t
JOIN trace_event AS e ON e.id = t.event
JOIN trace_party AS p ON p.id = e.party
WHERE t.value = ANY(%(values)s) AND t.kind = ANY(%(things)s)
ORDER BY e.event_time, e.id

-- name: recall
WITH RECURSIVE reached (value) AS (
    SELECT unnest(%(start)s::text[]) COLLATE "C"
    UNION
    SELECT o.value FROM reached AS r
    JOIN trace_term AS i ON i.value = r.value
        AND i.kind IN ('input', 'input_class', 'child', 'child_class')
    JOIN trace_event AS e ON e.id = i.event AND e.action IS DISTINCT FROM 'DELETE'
    JOIN trace_term AS o ON o.event = i.event
        AND CASE WHEN i.kind IN ('input', 'input_class')
                 THEN o.kind IN ('output', 'output_class') ELSE o.kind = 'parent' END
    WHERE o.value !~ %(product)s
), told AS (
    SELECT r.value, e.event_time, e.id, e.party, coalesce(e.biz_step, e.type) AS step,
           coalesce(e.biz_location, e.read_point) AS place,
           t.kind IN ('child', 'child_class') AS put, e.action
    FROM reached AS r
    JOIN trace_term AS t ON t.value = r.value AND t.kind = ANY(%(things)s)
    JOIN trace_event AS e ON e.id = t.event
    WHERE e.declared IS NULL AND NOT EXISTS (
        SELECT 1 FROM trace_event AS d
        WHERE d.party = e.party AND d.event_id = e.event_id AND d.declared IS NOT NULL)
), newest AS (
    SELECT DISTINCT ON (value) value, event_time, id, party, step, place
    FROM told ORDER BY value, event_time DESC, id DESC
), inside AS (
    SELECT DISTINCT ON (value) value, id, action
    FROM told WHERE put ORDER BY value, event_time DESC, id DESC
)
SELECT n.value, o.value, n.event_time, n.id, p.name, n.step, n.place
FROM newest AS n
JOIN trace_party AS p ON p.id = n.party
LEFT JOIN inside AS i ON i.value = n.value AND i.action IS DISTINCT FROM 'DELETE'
LEFT JOIN trace_term AS o ON o.event = i.id AND o.kind = 'parent'
ORDER BY n.value
