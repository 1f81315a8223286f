-- What became of lots: through parts of lots and through events of the chain.

-- name: edges
-- What goes into a transformation leads to what comes out, what is put into a parent to the parent,
-- a lot to the lots that it is part of: as `following` has it, and lots besides.
WITH RECURSIVE edge (source, target) AS (
    SELECT NULL::text COLLATE "C", unnest(%(start)s::text[]) COLLATE "C"
    UNION
    SELECT e.target, n.value FROM edge AS e CROSS JOIN LATERAL (
        SELECT c.uri COLLATE "C" AS value FROM lot AS l
        JOIN lot_part AS p ON p.parent = l.code JOIN lot AS c ON c.code = p.child
        WHERE l.uri = e.target
        UNION ALL
        SELECT s.uri COLLATE "C" FROM lot AS l JOIN shipment AS s ON s.lot = l.code
        WHERE l.uri = e.target
        UNION ALL
        SELECT o.value FROM trace_term AS i
        JOIN trace_event AS v ON v.id = i.event AND v.action IS DISTINCT FROM 'DELETE'
        JOIN trace_term AS o ON o.event = i.event AND o.kind = 'parent'
        WHERE i.value = e.target AND i.kind IN ('child', 'child_class') AND o.value !~ %(product)s
        UNION ALL
        SELECT o.value FROM trace_term AS i
        JOIN trace_event AS v ON v.id = i.event AND v.action IS DISTINCT FROM 'DELETE'
        JOIN trace_term AS o ON o.event = i.event AND o.kind IN ('output', 'output_class')
        WHERE i.value = e.target AND i.kind IN ('input', 'input_class') AND o.value !~ %(product)s
    ) AS n
)
SELECT source, target FROM edge WHERE source IS NOT NULL ORDER BY source, target

-- name: lots
-- Each lot with all that went into it and all that was taken from it, and who has it by the register.
SELECT l.uri, l.code, l.produce, l.weight_kg,
       l.weight_kg - coalesce((SELECT sum(p.weight_kg) FROM lot_part p WHERE p.parent = l.code), 0),
       coalesce((SELECT sum(p.weight_kg) FROM lot_part p WHERE p.child = l.code), 0),
       CASE WHEN m.party IS NULL THEN 'person:' || l.whose ELSE 'party:' || m.party END, l.made_by
FROM lot l LEFT JOIN trace_member m ON m.person = l.whose
WHERE l.uri = ANY(%(values)s) ORDER BY l.made, l.code

-- name: parts
SELECT c.uri, l.uri, p.weight_kg FROM lot l
JOIN lot_part p ON p.parent = l.code JOIN lot c ON c.code = p.child
WHERE l.uri = ANY(%(values)s) ORDER BY c.uri, l.uri

-- name: told
-- The newest event of each thing that was not declared an error; what an inspector does with goods
-- makes nobody their holder. What is told of a shipment of a lot is told of that shipment, which is
-- with its receiver once it is handed over: the rest of the lot stays where it is.
SELECT s.uri, coalesce(h.at, s.shipped), p.id, p.name, NULL, NULL
FROM shipment AS s LEFT JOIN handover AS h ON h.shipment = s.code
JOIN trace_party AS p ON p.id = CASE WHEN h.shipment IS NULL THEN s.sender ELSE s.receiver END
WHERE s.uri = ANY(%(values)s)
UNION ALL (
SELECT DISTINCT ON (t.value) t.value, e.event_time, e.party, p.name, e.biz_step, e.disposition
FROM trace_term AS t JOIN trace_event AS e ON e.id = t.event JOIN trace_party AS p ON p.id = e.party
WHERE t.value = ANY(%(values)s) AND t.kind = ANY(%(things)s) AND e.party <> %(bureau)s
    AND NOT EXISTS (SELECT FROM trace_event AS d WHERE d.event_id = e.event_id
        AND d.party = e.party AND d.declared IS NOT NULL)
    AND NOT EXISTS (SELECT FROM trace_term AS b JOIN shipment AS s ON s.uri = b.value
        WHERE b.event = e.id AND b.kind = 'transaction:desadv')
ORDER BY t.value, e.event_time DESC, e.id DESC)

-- name: packed
SELECT DISTINCT ON (t.value) t.value, e.event_time, e.action = 'DELETE', o.value
FROM trace_term AS t JOIN trace_event AS e ON e.id = t.event
JOIN trace_term AS o ON o.event = e.id AND o.kind = 'parent'
WHERE t.value = ANY(%(values)s) AND t.kind IN ('child', 'child_class')
    AND NOT EXISTS (SELECT FROM trace_event AS d WHERE d.event_id = e.event_id
        AND d.party = e.party AND d.declared IS NOT NULL)
ORDER BY t.value, e.event_time DESC, e.id DESC

-- name: emptied
-- An unpacking that names no child takes all of them out.
SELECT DISTINCT ON (t.value) t.value, e.event_time, e.party, p.name, e.biz_step, e.disposition
FROM trace_term AS t
JOIN trace_event AS e ON e.id = t.event AND e.action = 'DELETE'
JOIN trace_party AS p ON p.id = e.party
WHERE t.value = ANY(%(values)s) AND t.kind = 'parent'
    AND NOT EXISTS (SELECT FROM trace_term AS c WHERE c.event = e.id
        AND c.kind IN ('child', 'child_class'))
    AND NOT EXISTS (SELECT FROM trace_event AS d WHERE d.event_id = e.event_id
        AND d.party = e.party AND d.declared IS NOT NULL)
ORDER BY t.value, e.event_time DESC, e.id DESC

-- name: boxed
-- The code of each thing, whether it is a shipment, and what was put into it of lots, less what was taken out by weight: lots,
-- units and amounts, an amount without one as of no unit.
SELECT v.value, coalesce(u.code, s.code), s.code IS NOT NULL,
       array_agg(q.lot ORDER BY e.id) FILTER (WHERE q.lot IS NOT NULL),
       array_agg(q.unit ORDER BY e.id) FILTER (WHERE q.lot IS NOT NULL),
       array_agg(q.amount ORDER BY e.id) FILTER (WHERE q.lot IS NOT NULL)
FROM unnest(%(values)s::text[]) AS v (value)
LEFT JOIN goods_unit AS u ON u.uri = v.value
LEFT JOIN shipment AS s ON s.uri = v.value
LEFT JOIN trace_term AS t ON t.value = v.value AND t.kind = 'parent'
LEFT JOIN trace_event AS e ON e.id = t.event AND e.type = 'AggregationEvent'
    AND e.action IN ('ADD', 'DELETE') AND e.declared IS NULL
    AND NOT EXISTS (SELECT FROM trace_event AS d WHERE d.event_id = e.event_id
        AND d.party = e.party AND d.declared IS NOT NULL)
LEFT JOIN LATERAL (
    SELECT c.one->>'epcClass' AS lot, coalesce(c.one->>'uom', '') AS unit,
           (c.one->>'quantity')::float8 * CASE e.action WHEN 'DELETE' THEN -1 ELSE 1 END AS amount
    FROM json_array_elements(e.document->'childQuantityList') AS c (one)
    UNION ALL
    SELECT l.uri, 'KGM', s.weight_kg FROM lot AS l WHERE l.code = s.lot
) AS q ON true
GROUP BY v.value, u.code, s.code

-- name: of_field
SELECT code, uri FROM lot WHERE field = %(field)s ORDER BY made, code

-- name: village_of
SELECT village FROM field WHERE id = %(field)s
