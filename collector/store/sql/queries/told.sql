-- What whoever holds a thing in their hands is told of it. Events that their party declared an error
-- count nowhere here; every statement looks at so many rows and no more.

-- name: reached
-- What a thing is made of and holds, the nearest first; until: when it went into what leads to the
-- thing, after which what befell the rest of it is another story. What was taken out again is left out.
WITH RECURSIVE reached (value, until) AS (
    SELECT given.value COLLATE "C", 'infinity'::timestamptz
    FROM (SELECT unnest(%(start)s::text[]) AS value
          UNION SELECT l.uri FROM lot l WHERE l.code = ANY(%(codes)s::text[])) AS given
    UNION
    SELECT o.value, least(r.until, e.event_time)
    FROM reached AS r
    JOIN trace_term AS i ON i.value = r.value AND i.kind IN ('output', 'output_class', 'parent')
    JOIN trace_event AS e ON e.id = i.event AND e.action IS DISTINCT FROM 'DELETE'
        AND e.event_time <= r.until AND e.declared IS NULL
    JOIN trace_term AS o ON o.event = i.event
        AND CASE WHEN i.kind = 'parent' THEN o.kind IN ('child', 'child_class')
                 ELSE o.kind IN ('input', 'input_class') END
    WHERE o.value !~ %(product)s
      AND NOT EXISTS (
        SELECT FROM trace_event AS x
        WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)
      AND NOT (i.kind = 'parent' AND EXISTS (
        SELECT FROM trace_term AS q
        JOIN trace_event AS x ON x.id = q.event AND x.action = 'DELETE' AND x.declared IS NULL
            AND x.event_time >= e.event_time AND x.event_time <= r.until
        WHERE q.kind = 'parent' AND q.value = r.value
          AND (EXISTS (SELECT FROM trace_term AS c
                       WHERE c.event = x.id AND c.kind = 'child' AND c.value = o.value)
               OR NOT EXISTS (SELECT FROM trace_term AS c
                              WHERE c.event = x.id AND c.kind IN ('child', 'child_class')))))
)
SELECT f.value, max(f.until) FROM (SELECT value, until FROM reached LIMIT %(most)s::int) AS f
GROUP BY f.value

-- name: lots
-- Lots of this installation by their names, each with all that it came from, what the diaries of its
-- fields tell (of who did it, nothing), and its certificate: the one in force, else the newest.
WITH RECURSIVE chosen AS (
    SELECT l.code, l.made FROM lot AS l
    WHERE l.uri = ANY(%(uris)s::text[]) OR l.code = ANY(%(codes)s::text[])
    ORDER BY l.code LIMIT %(most)s::int
), way (lot, made, code) AS (
    SELECT code, made, code FROM chosen
    UNION
    SELECT w.lot, w.made, p.parent FROM way AS w JOIN lot_part AS p ON p.child = w.code
)
SELECT w.lot, w.made, l.code, l.uri, l.kind, l.produce, l.day, l.field, l.origin,
       o.given_up IS NOT NULL,
       (SELECT s.state FROM lot_state AS s WHERE s.lot = l.code ORDER BY s.id DESC LIMIT 1),
       c.zh, c.en, t.zh, t.en, g.number, g.grounds, g.content, g.issued, g.void,
       (SELECT json_agg(json_build_array(d.kind, d.date, d.product, d.target, d.interval_d)
                        ORDER BY d.date, d.kind, d.product)
        FROM (
            (SELECT DISTINCT ON (k.kind, k.date, k.recorded_by, k.entry) k.*
             FROM field_work AS k WHERE k.field = l.field AND k.entry = ''
             ORDER BY k.kind, k.date, k.recorded_by, k.entry, k.id DESC)
            UNION ALL
            (SELECT DISTINCT ON (k.entry) k.*
             FROM field_work AS k WHERE k.field = l.field AND k.entry <> ''
             ORDER BY k.entry, k.id DESC)
        ) AS d WHERE d.done AND o.given_up IS NULL AND d.date <= l.day
               AND d.date >= coalesce(l.season, l.day - 365)),
       coalesce(n.sown, l.season)
FROM (SELECT lot, made, code FROM way LIMIT %(ways)s::int) AS w
JOIN lot AS l ON l.code = w.code
LEFT JOIN own_field AS o ON o.field = l.field
LEFT JOIN lot_planting AS j ON j.lot = l.code
LEFT JOIN planting AS p ON p.uri = j.planting
LEFT JOIN season AS n ON n.id = p.season
LEFT JOIN village AS v ON v.id = l.village
LEFT JOIN county AS c ON c.code = v.county
LEFT JOIN township AS t ON t.code = v.township
LEFT JOIN LATERAL (
    SELECT q.number, q.grounds, q.content, q.issued, x.at AS void
    FROM certificate AS q LEFT JOIN certificate_void AS x ON x.number = q.number
    WHERE q.lot = l.code AND w.lot = l.code
    ORDER BY x.at IS NOT NULL, q.issued DESC LIMIT 1
) AS g ON true
ORDER BY w.lot, l.made, l.code

-- name: steps
-- What befell some things, the weighty first, then by time; what was done in a field here before there
-- were goods stands with the lots, by the diary as it is now. A place is told by its county, and only
-- where the last part of its name is a village, township or county of this installation.
SELECT e.event_time, e.party, p.name, e.type, e.action, e.biz_step, e.disposition,
       ARRAY(SELECT s.value FROM trace_term AS s WHERE s.event = e.id AND s.kind = 'set'),
       ARRAY(SELECT s.value FROM trace_term AS s WHERE s.event = e.id AND s.kind = 'unset'),
       c.zh, c.en, n.direct, e.event_time <= n.until
FROM (
    SELECT t.event, max(v.until) AS until, bool_or(v.value = ANY(%(start)s::text[])) AS direct
    FROM unnest(%(values)s::text[], %(untils)s::text[]::timestamptz[]) AS v (value, until)
    JOIN trace_term AS t ON t.value = v.value AND t.kind = ANY(%(things)s::text[])
    WHERE NOT EXISTS (SELECT FROM planting AS p WHERE p.uri = v.value)
    GROUP BY t.event
) AS n
JOIN trace_event AS e ON e.id = n.event
JOIN trace_party AS p ON p.id = e.party
LEFT JOIN LATERAL (
    SELECT substring(coalesce(e.biz_location, e.read_point) FROM '/loc/([^/]+)$') AS code
) AS at ON true
LEFT JOIN village AS v ON v.id = at.code
LEFT JOIN county AS c ON c.code = coalesce(v.county, left(at.code, 6))
WHERE e.declared IS NULL AND e.biz_step IS DISTINCT FROM 'sensor_reporting'
  AND NOT EXISTS (
    SELECT FROM trace_event AS x
    WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)
  AND (e.event_time <= n.until OR e.disposition = ANY(%(weighty)s::text[]) OR EXISTS (
    SELECT FROM trace_term AS s WHERE s.event = e.id AND s.kind IN ('set', 'unset')))
ORDER BY e.disposition = ANY(%(weighty)s::text[]) DESC NULLS LAST, e.event_time, e.id
LIMIT %(most)s::int

-- name: sensed
-- What sensors told of things and of what they were in, for as long as they were in it.
WITH RECURSIVE around (value, since, until) AS (
    SELECT v.value COLLATE "C", '-infinity'::timestamptz, v.until
    FROM unnest(%(values)s::text[], %(untils)s::text[]::timestamptz[]) AS v (value, until)
    UNION
    SELECT p.value, greatest(a.since, e.event_time), least(a.until, coalesce(o.out, 'infinity'))
    FROM around AS a
    JOIN trace_term AS c ON c.value = a.value AND c.kind IN ('child', 'child_class')
    JOIN trace_event AS e ON e.id = c.event AND e.action IS DISTINCT FROM 'DELETE'
        AND e.event_time <= a.until AND e.declared IS NULL
    JOIN trace_term AS p ON p.event = c.event AND p.kind = 'parent'
    LEFT JOIN LATERAL (
        SELECT min(x.event_time) AS out
        FROM trace_term AS q
        JOIN trace_event AS x ON x.id = q.event AND x.action = 'DELETE' AND x.declared IS NULL
            AND x.event_time >= e.event_time
        WHERE q.kind = 'parent' AND q.value = p.value
          AND (EXISTS (SELECT FROM trace_term AS d WHERE d.event = x.id AND d.value = a.value
                       AND d.kind IN ('child', 'child_class'))
               OR NOT EXISTS (SELECT FROM trace_term AS d
                              WHERE d.event = x.id AND d.kind IN ('child', 'child_class')))
    ) AS o ON true
    WHERE coalesce(o.out, 'infinity') > a.since AND NOT EXISTS (
        SELECT FROM trace_event AS x
        WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)
)
SELECT DISTINCT ON (e.event_time, e.id, a.since, a.until)
       e.event_time, e.party, p.name, a.since, a.until, e.document -> 'sensorElementList'
FROM (SELECT value, since, until FROM around LIMIT %(around)s::int) AS a
JOIN trace_term AS t ON t.value = a.value AND t.kind = ANY(%(things)s::text[])
JOIN trace_term AS s ON s.event = t.event AND s.kind = 'sensor:type' AND s.value = 'Temperature'
JOIN trace_event AS e ON e.id = t.event
JOIN trace_party AS p ON p.id = e.party
WHERE e.declared IS NULL AND NOT EXISTS (
    SELECT FROM trace_event AS x
    WHERE x.party = e.party AND x.event_id = e.event_id AND x.declared IS NOT NULL)
ORDER BY e.event_time, e.id, a.since, a.until
LIMIT %(most)s::int
