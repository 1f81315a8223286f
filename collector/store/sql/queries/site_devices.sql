-- name: add_network
-- Without a token it is closed: `device network token` opens it.
INSERT INTO external_network (id, kind, made, made_by) VALUES (%(id)s, %(kind)s, %(at)s, %(by)s)

-- name: set_kind
UPDATE external_network SET kind = %(kind)s WHERE id = %(id)s

-- name: put
INSERT INTO external_device (id, network, eui, step_s, time_of_receipt, enrolled, enrolled_by)
VALUES (%(id)s, %(network)s, %(eui)s, %(step_s)s, %(time_of_receipt)s, %(at)s, %(by)s)
ON CONFLICT (id) DO UPDATE SET
    network = excluded.network, eui = excluded.eui, step_s = excluded.step_s,
    time_of_receipt = excluded.time_of_receipt

-- name: quantity
SELECT quantity FROM placement WHERE id = %(placement)s

-- name: end_channel
UPDATE external_channel
SET valid_to = greatest(%(at)s, valid_from + interval '1 microsecond')
WHERE device = %(device)s AND name = %(name)s AND valid_to IS NULL

-- name: begin_channel
-- What a name stood for before has ended: from then on it stands for this.
INSERT INTO external_channel (device, name, placement, unit, factor, counter, valid_from)
SELECT %(device)s, %(name)s, %(placement)s, %(unit)s, %(factor)s, %(counter)s, max(c.valid_to)
FROM external_channel c WHERE c.device = %(device)s AND c.name = %(name)s
