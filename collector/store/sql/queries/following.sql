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
