-- What was in the assets in which a logger rode, between two moments.

-- name: rides
-- Where it rode within the span, with each shipment that was on its way there meanwhile; one row
-- without an asset where it rode nowhere, none where there is no such node.
SELECT a.id, a.uri, a.name, a.kind, p.name, r.since, r.until, s.uri, s.lot, s.weight_kg,
       greatest(s.shipped, r.since), least(s.over, r.until)
FROM node AS n
LEFT JOIN LATERAL (
    SELECT l.id, l.asset, greatest(l.since, %(since)s) AS since, least(l.until, %(until)s) AS until
    FROM asset_logger AS l
    WHERE l.node = n.id AND l.since < %(until)s AND (l.until IS NULL OR l.until > %(since)s)
) AS r ON true
LEFT JOIN asset AS a ON a.id = r.asset
LEFT JOIN trace_party AS p ON p.id = a.party
LEFT JOIN LATERAL (
    SELECT o.uri, o.code AS lot, s.weight_kg, s.shipped, h.at AS over
    FROM shipment AS s JOIN lot AS o ON o.code = s.lot LEFT JOIN handover AS h ON h.shipment = s.code
    WHERE s.asset = r.asset AND s.shipped <= r.until AND (h.at IS NULL OR h.at > r.since)
) AS s ON true
WHERE n.id = %(node)s
ORDER BY r.since, r.id, s.shipped, s.lot

-- name: rode
-- When and where a logger rode at all, the newest first.
SELECT a.name, l.since, l.until FROM asset_logger AS l JOIN asset AS a ON a.id = l.asset
WHERE l.node = %(node)s ORDER BY l.since DESC LIMIT 3

-- name: moves
-- All that was told, before the span ended, of what was ever put into assets or said to be there.
-- What a logger measured and what inspectors did moves nothing.
WITH RECURSIVE reached (value) AS (
    SELECT unnest(%(assets)s::text[]) COLLATE "C"
    UNION
    SELECT n.value FROM reached AS r CROSS JOIN LATERAL (
        SELECT c.value FROM trace_term AS i
        JOIN trace_event AS e ON e.id = i.event AND e.event_time <= %(until)s
        JOIN trace_term AS c ON c.event = e.id
            AND CASE WHEN i.kind = 'parent' THEN c.kind IN ('child', 'child_class')
                     ELSE c.kind IN ('epc', 'class', 'parent', 'output', 'output_class') END
        WHERE i.value = r.value AND i.kind IN ('parent', %(asset_term)s)
            AND e.biz_step IS DISTINCT FROM 'shipping'
        UNION ALL
        SELECT c.value FROM trace_event AS e
        JOIN trace_term AS c ON c.event = e.id AND c.kind = ANY(%(named)s)
        WHERE e.biz_location = r.value AND r.value = ANY(%(assets)s) AND e.event_time <= %(until)s
    ) AS n
    WHERE n.value !~ %(product)s AND n.value !~ '^urn:nongqing:node:'
), named AS (
    SELECT DISTINCT t.event FROM reached AS r
    JOIN trace_term AS t ON t.value = r.value AND t.kind = ANY(%(named)s)
    UNION
    SELECT e.id FROM trace_event AS e WHERE e.biz_location = ANY(%(assets)s)
)
SELECT e.id, e.party, e.event_time, e.type, e.biz_step, e.biz_location,
       CASE WHEN e.biz_step IS DISTINCT FROM 'shipping' THEN (
           SELECT a.value FROM trace_term AS a WHERE a.event = e.id AND a.kind = %(asset_term)s
           LIMIT 1) END,
       e.document
FROM named AS n JOIN trace_event AS e ON e.id = n.event
WHERE e.event_time <= %(until)s AND e.declared IS NULL AND e.party <> %(bureau)s
    AND e.biz_step IS DISTINCT FROM 'sensor_reporting'
    AND NOT EXISTS (SELECT FROM trace_event AS d WHERE d.event_id = e.event_id
        AND d.party = e.party AND d.declared IS NOT NULL)
ORDER BY e.event_time, e.id

-- name: called
-- What people call lots and things: the code of a lot, village with it, or of a box.
SELECT uri, code, true, village FROM lot WHERE uri = ANY(%(values)s)
UNION ALL
SELECT uri, code, false, NULL FROM goods_unit WHERE uri = ANY(%(values)s)

-- name: recalled
-- Things of which was told that they are recalled.
SELECT DISTINCT t.value FROM trace_term AS t JOIN trace_event AS e ON e.id = t.event
WHERE t.value = ANY(%(things)s) AND t.kind = 'epc' AND e.party = %(bureau)s
    AND e.disposition = 'recalled'

-- name: handlers
-- Who handled each of some things: what they see of each other's is what they see already.
SELECT t.value, array_agg(h.party ORDER BY h.party) FILTER (WHERE h.party IS NOT NULL)
FROM unnest(%(things)s::text[]) AS t (value)
LEFT JOIN trace_handled AS h ON h.value = t.value AND h.party <> %(bureau)s
GROUP BY t.value ORDER BY t.value

-- name: loggers
SELECT l.node, string_agg(DISTINCT a.name, '、' ORDER BY a.name)
FROM asset_logger AS l JOIN asset AS a ON a.id = l.asset GROUP BY l.node ORDER BY l.node
