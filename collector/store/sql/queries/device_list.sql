-- name: list
-- Devices of other makers of which something serves, or once served, a place within reach; the whole city's
-- reader sees those that serve nothing, too. Those that are not retired first.
SELECT d.id, d.network, n.kind, d.eui, d.step_s, d.time_of_receipt, d.enrolled, d.enrolled_by, d.retired,
       d.last_seen, m.form, m.received
FROM external_device d
LEFT JOIN external_network n ON n.id = d.network
LEFT JOIN LATERAL (
    SELECT form, received FROM external_message WHERE device = d.id
    ORDER BY received DESC, id DESC LIMIT 1
) m ON true
WHERE %(city)s OR EXISTS (
    SELECT FROM external_channel c
    JOIN placement p ON p.id = c.placement
    JOIN field f ON f.id = p.field
    JOIN village v ON v.id = f.village
    WHERE c.device = d.id AND (v.county = ANY(%(county)s) OR v.township = ANY(%(township)s)
        OR v.id = ANY(%(village)s)))
ORDER BY d.retired IS NOT NULL, d.id
LIMIT %(limit)s OFFSET %(offset)s

-- name: served
-- What values of devices stand for until further notice, as far as the places lie within reach.
SELECT c.device, c.name, c.placement, p.quantity, p.height_m, c.unit, c.factor, c.counter, f.zh, f.en,
       v.id, v.zh, v.en
FROM external_channel c
JOIN placement p ON p.id = c.placement
JOIN field f ON f.id = p.field
JOIN village v ON v.id = f.village
WHERE c.device = ANY(%(ids)s) AND c.valid_to IS NULL
  AND (%(city)s OR v.county = ANY(%(county)s) OR v.township = ANY(%(township)s)
       OR v.id = ANY(%(village)s))
ORDER BY c.device, c.name

-- name: refused
SELECT node, reason, sum(count)::bigint, max(last_received) FROM refusal
WHERE node = ANY(%(ids)s) AND day > %(since)s
GROUP BY node, reason ORDER BY node, sum(count) DESC, reason
