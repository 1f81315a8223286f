-- name: lock_party
SELECT 1 FROM trace_party WHERE id = %(party)s FOR NO KEY UPDATE

-- name: lock
SELECT pg_advisory_xact_lock(%(key)s)

-- name: latest
SELECT max(record_time) FROM (
    SELECT record_time FROM trace_event ORDER BY id DESC LIMIT 1
) newest

-- name: last
SELECT number, digest FROM trace_event WHERE party = %(party)s ORDER BY number DESC LIMIT 1

-- name: same
SELECT event_id, declared, document FROM trace_event
WHERE party = %(party)s AND event_id = ANY(%(ids)s)

-- name: put_context
INSERT INTO trace_context (digest, context) VALUES (%(digest)s, %(context)s)
ON CONFLICT (digest) DO NOTHING

-- name: put
INSERT INTO trace_event (party, number, event_id, record_time, context, document, previous, digest,
    event_time, type, action, biz_step, disposition, read_point, biz_location, transformation,
    declared, reason)
VALUES %s RETURNING number, id

-- name: put_terms
INSERT INTO trace_term (kind, value, event) VALUES %s

-- name: put_places
INSERT INTO trace_place (party, place, below) VALUES %s ON CONFLICT DO NOTHING

-- name: indexed
SELECT e.id, e.document::text, c.context::text,
       ARRAY(SELECT t.kind || E'\n' || t.value FROM trace_term AS t WHERE t.event = e.id)
FROM trace_event AS e JOIN trace_context AS c ON c.digest = e.context
WHERE e.party = %(party)s ORDER BY e.id

-- name: chain
SELECT e.number,
       CASE WHEN isfinite(e.record_time) THEN (extract(epoch FROM e.record_time) * 1000000)::bigint END,
       e.party, encode(e.context, 'hex'), e.event_id, e.document::text, e.previous, e.digest,
       c.context::text,
       ARRAY[e.type, e.action, e.biz_step, e.disposition, e.read_point, e.biz_location,
           e.transformation, e.reason],
       e.event_time, e.declared,
       ARRAY(SELECT t.kind || E'\n' || t.value FROM trace_term AS t WHERE t.event = e.id)
FROM trace_event AS e JOIN trace_context AS c ON c.digest = e.context
WHERE e.party = %(party)s ORDER BY e.number
