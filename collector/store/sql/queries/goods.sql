-- What was told of lots, boxes and pallets, without what was declared an error.

-- name: told
SELECT t.value, e.id, e.party, p.name, e.event_time, e.action, e.biz_step, e.disposition,
       e.read_point, array_agg(t.kind ORDER BY t.kind), e.document
FROM trace_term AS t
JOIN trace_event AS e ON e.id = t.event
JOIN trace_party AS p ON p.id = e.party
WHERE t.value = ANY(%(values)s) AND t.kind = ANY(%(kinds)s) AND e.declared IS NULL
  AND NOT EXISTS (SELECT FROM trace_event AS x
                  WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)
GROUP BY t.value, e.id, p.id
ORDER BY e.event_time, e.id

-- name: handled
SELECT value FROM trace_handled WHERE party = %(party)s AND value = ANY(%(values)s)

-- name: series
SELECT e.document FROM trace_term AS t JOIN trace_event AS e ON e.id = t.event
WHERE t.value = %(series)s AND t.kind = %(kind)s AND e.party = %(party)s AND e.declared IS NULL
ORDER BY e.id

-- name: lots
SELECT uri, code FROM lot WHERE uri = ANY(%(uris)s)

-- name: lock
SELECT 1 FROM trace_party WHERE id = %(party)s FOR NO KEY UPDATE

-- name: truck
-- The truck of a plate; whose it is does not matter, but for two that are called alike.
SELECT uri FROM asset WHERE kind = 'truck'
    AND upper(replace(name, ' ', '')) = upper(replace(%(plate)s, ' ', ''))
ORDER BY party <> %(party)s, id LIMIT 1
