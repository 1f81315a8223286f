-- name: events
SELECT e.id, e.event_id, e.record_time, e.document, e.context, {order}
FROM trace_visible AS v JOIN trace_event AS e ON e.id = v.event
WHERE v.party = %(party)s

-- name: by_ids
SELECT e.id, e.event_id, e.record_time, e.document, e.context
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS a (id, place)
JOIN trace_event AS e ON e.id = a.id ORDER BY a.place

-- name: news
-- What is newer, and what things opened that came to the party since; each with its place in the
-- order in which the party came to see events.
SELECT e.id, s.seen, octet_length(e.document::text)
FROM (
    SELECT n.id FROM trace_event AS n WHERE n.id BETWEEN %(order)s AND %(up_to)s
    UNION
    SELECT t.event FROM trace_handled AS h
    JOIN trace_term AS t ON t.value = h.value AND t.kind = ANY(%(things)s)
    WHERE h.party = %(party)s AND h.since BETWEEN %(order)s AND %(up_to)s
) AS c
JOIN trace_event AS e ON e.id = c.id
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.party = %(party)s THEN e.id ELSE (
        SELECT min(greatest(e.id, h.since)) FROM trace_term AS t
        JOIN trace_handled AS h ON h.party = %(party)s AND h.value = t.value
        WHERE t.event = e.id AND t.kind = ANY(%(things)s)) END AS seen
) AS s
WHERE (s.seen, e.id) > (%(order)s, %(after)s) AND s.seen <= %(up_to)s AND e.id > %(floor)s

-- name: news_order
ORDER BY s.seen, e.id LIMIT %(limit)s

-- name: newest
SELECT coalesce(max(id), 0) FROM trace_event

-- name: before
SELECT min(id) FROM trace_event WHERE record_time >= %(at)s

-- name: contexts
SELECT digest, context FROM trace_context WHERE digest = ANY(%(digests)s)

-- name: places
WITH RECURSIVE below (place) AS (
    SELECT unnest(%(places)s::text[])
    UNION
    SELECT p.below FROM below AS b
    JOIN trace_place AS p ON p.place = b.place AND p.party = %(party)s
)
SELECT place FROM below

-- name: column
e.{column} = ANY(%({values})s)

-- name: time
e.{column} {operator} %({values})s

-- name: declared
e.declared IS NOT NULL

-- name: term
e.id IN (SELECT t.event FROM trace_term AS t
         WHERE t.kind = ANY(%({kinds})s) AND t.value = ANY(%({values})s))

-- name: pattern
e.id IN (SELECT t.event FROM trace_term AS t
         WHERE t.kind = ANY(%({kinds})s) AND t.value LIKE ANY(%({values})s))

-- name: text
e.id IN (SELECT t.event FROM trace_term AS t
         WHERE t.kind = ANY(%({kinds})s) AND t.value {operator} %({values})s)

-- name: number
e.id IN (SELECT t.event FROM trace_term AS t
         WHERE t.kind = ANY(%({kinds})s)
           AND CASE WHEN t.value ~ '^-?[0-9]{{1,40}}([.][0-9]{{1,40}})?([eE][+-]?[0-9]{{1,3}})?$'
                    THEN t.value::numeric {operator} %({values})s::numeric END)

-- name: numbers
e.id IN (SELECT t.event FROM trace_term AS t
         WHERE t.kind = ANY(%({kinds})s)
           AND CASE WHEN t.value ~ '^-?[0-9]{{1,40}}([.][0-9]{{1,40}})?([eE][+-]?[0-9]{{1,3}})?$'
                    THEN t.value::numeric = ANY(%({values})s::numeric[]) END)

-- name: exists
e.id IN (SELECT t.event FROM trace_term AS t WHERE t.kind = ANY(%({kinds})s))

-- name: after
(e.{column}, e.id) {operator} (%(after)s, %(after_id)s)

-- name: own_number
-- Of several values the least; an event without a number stands behind all numbers.
coalesce((SELECT min(t.value::numeric) FROM trace_term AS t
          WHERE t.event = e.id AND t.kind = %(order)s AND length(t.value) < 80
            AND t.value ~ '^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{{1,3}})?$'), 'Infinity'::numeric)

-- name: own_text
-- A time by the moment that it means.
coalesce((SELECT min(t.value) FROM trace_term AS t WHERE t.event = e.id AND t.kind = %(order_time)s),
         (SELECT min(t.value) FROM trace_term AS t WHERE t.event = e.id AND t.kind = %(order)s), '')

-- name: own_after
({number}, {text}, e.id) {operator} (%(after)s::numeric, %(after_text)s, %(after_id)s)

-- name: seen
SELECT value FROM trace_seen
WHERE party = %(party)s AND kind = %(kind)s AND value > %(after)s
ORDER BY value LIMIT %(limit)s

-- name: things
(SELECT h.value FROM trace_handled AS h
 WHERE h.party = %(party)s AND h.value > %(after)s AND EXISTS (
    SELECT 1 FROM trace_term AS t WHERE t.value = h.value AND t.kind = ANY(%(things)s))
 ORDER BY h.value LIMIT %(limit)s)
UNION
(SELECT value FROM trace_seen
 WHERE party = %(party)s AND kind = %(kind)s AND value > %(after)s
 ORDER BY value LIMIT %(limit)s)
ORDER BY value LIMIT %(limit)s

-- name: queries
SELECT name, query FROM trace_query WHERE party = %(party)s AND name > %(after)s
ORDER BY name LIMIT %(limit)s

-- name: query
SELECT query FROM trace_query WHERE party = %(party)s AND name = %(name)s

-- name: put_query
INSERT INTO trace_query (party, name, query, made)
VALUES (%(party)s, %(name)s, %(query)s, %(at)s) ON CONFLICT DO NOTHING RETURNING name

-- name: drop_query
DELETE FROM trace_query WHERE party = %(party)s AND name = %(name)s RETURNING name
