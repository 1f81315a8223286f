-- Things lead to the events that join or divide them, and these to other things, in turn: so the
-- terms of an event are read once, and not once for each of its fifty boxes.

-- name: forward
WITH RECURSIVE reached (value, event, put) AS (
    SELECT unnest(%(start)s::text[]) COLLATE "C", NULL::bigint, NULL::boolean
    UNION
    SELECT n.value, n.event, n.put FROM reached AS r CROSS JOIN LATERAL (
        SELECT NULL, i.event, i.kind IN ('child', 'child_class') FROM trace_term AS i
        WHERE r.event IS NULL AND i.value = r.value
            AND i.kind IN ('input', 'input_class', 'child', 'child_class')
        UNION ALL
        SELECT o.value, NULL, NULL FROM trace_event AS e JOIN trace_term AS o ON o.event = e.id
        WHERE e.id = r.event AND e.action IS DISTINCT FROM 'DELETE'
            AND CASE WHEN r.put THEN o.kind = 'parent'
                     ELSE o.kind IN ('output', 'output_class') END
            AND o.value !~ %(product)s
    ) AS n (value, event, put)
)
SELECT value FROM reached WHERE event IS NULL ORDER BY value

-- name: back
WITH RECURSIVE reached (value, event, put) AS (
    SELECT unnest(%(start)s::text[]) COLLATE "C", NULL::bigint, NULL::boolean
    UNION
    SELECT n.value, n.event, n.put FROM reached AS r CROSS JOIN LATERAL (
        SELECT NULL, i.event, i.kind = 'parent' FROM trace_term AS i
        WHERE r.event IS NULL AND i.value = r.value
            AND i.kind IN ('output', 'output_class', 'parent')
        UNION ALL
        SELECT o.value, NULL, NULL FROM trace_event AS e JOIN trace_term AS o ON o.event = e.id
        WHERE e.id = r.event AND e.action IS DISTINCT FROM 'DELETE'
            AND CASE WHEN r.put THEN o.kind IN ('child', 'child_class')
                     ELSE o.kind IN ('input', 'input_class') END
            AND o.value !~ %(product)s
    ) AS n (value, event, put)
)
SELECT value FROM reached WHERE event IS NULL ORDER BY value

-- name: story
SELECT e.event_time, e.id, p.name, e.type, e.biz_step,
       coalesce(e.biz_location, e.read_point), e.declared IS NOT NULL,
       left(coalesce(e.document ->> 'nongqing:product', e.document -> 'ilmd' ->> 'nongqing:produce',
                     e.document -> 'ilmd' ->> 'nongqing:crop', ''), 60)
FROM (SELECT DISTINCT event FROM trace_term
      WHERE value = ANY(%(values)s) AND kind = ANY(%(things)s)) AS named
JOIN trace_event AS e ON e.id = named.event
JOIN trace_party AS p ON p.id = e.party
ORDER BY e.event_time, e.id

-- name: recall
WITH RECURSIVE reached (value, event, put) AS (
    SELECT unnest(%(start)s::text[]) COLLATE "C", NULL::bigint, NULL::boolean
    UNION
    SELECT n.value, n.event, n.put FROM reached AS r CROSS JOIN LATERAL (
        SELECT NULL, i.event, i.kind IN ('child', 'child_class') FROM trace_term AS i
        WHERE r.event IS NULL AND i.value = r.value
            AND i.kind IN ('input', 'input_class', 'child', 'child_class')
        UNION ALL
        SELECT o.value, NULL, NULL FROM trace_event AS e JOIN trace_term AS o ON o.event = e.id
        WHERE e.id = r.event AND e.action IS DISTINCT FROM 'DELETE'
            AND CASE WHEN r.put THEN o.kind = 'parent'
                     ELSE o.kind IN ('output', 'output_class') END
            AND o.value !~ %(product)s
    ) AS n (value, event, put)
), newest AS (
    SELECT t.value, (array_agg(e.id ORDER BY e.event_time DESC, e.id DESC))[1] AS event,
        (array_agg(e.id ORDER BY e.event_time DESC, e.id DESC)
            FILTER (WHERE t.kind IN ('child', 'child_class')))[1] AS put
    FROM reached AS r
    JOIN trace_term AS t ON t.value = r.value AND t.kind = ANY(%(things)s)
    JOIN trace_event AS e ON e.id = t.event
    WHERE r.event IS NULL AND e.declared IS NULL AND NOT EXISTS (
        SELECT 1 FROM trace_event AS d
        WHERE d.party = e.party AND d.event_id = e.event_id AND d.declared IS NOT NULL)
    GROUP BY t.value
)
SELECT n.value, o.value, e.event_time, e.id, p.name, coalesce(e.biz_step, e.type),
       coalesce(e.biz_location, e.read_point)
FROM newest AS n
JOIN trace_event AS e ON e.id = n.event
JOIN trace_party AS p ON p.id = e.party
LEFT JOIN trace_event AS i ON i.id = n.put AND i.action IS DISTINCT FROM 'DELETE'
LEFT JOIN trace_term AS o ON o.event = i.id AND o.kind = 'parent'
ORDER BY n.value
