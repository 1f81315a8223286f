-- Readings of loggers as events of the chain.

-- name: lock
SELECT id FROM asset_logger WHERE id = %(id)s FOR UPDATE

-- name: channels
SELECT a.channel, p.quantity FROM assignment a JOIN placement p ON p.id = a.placement
WHERE a.node = %(node)s AND (a.valid_from IS NULL OR a.valid_from <= %(at)s)
    AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
ORDER BY a.channel

-- name: event
SELECT document FROM trace_event
WHERE party = %(party)s AND event_id = %(id)s AND declared IS NULL

-- name: put
INSERT INTO sensor_told (attachment, start, revision, event_id, readings, told)
VALUES (%(attachment)s, %(start)s, %(revision)s, %(event)s, %(readings)s, %(at)s)
ON CONFLICT (attachment, start) DO UPDATE
SET revision = excluded.revision, event_id = excluded.event_id, readings = excluded.readings,
    told = excluded.told
