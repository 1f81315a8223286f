-- name: silent_nodes
SELECT id, last_seen FROM node
WHERE enrolled IS NOT NULL AND enrolled < %(before)s
  AND (last_seen IS NULL OR last_seen < %(before)s)
  AND EXISTS (SELECT FROM node_key k WHERE k.node = node.id AND k.retired IS NULL)
ORDER BY id

-- name: close_silent_nodes
UPDATE maintenance_item m SET closed = %(at)s
FROM node n
WHERE m.kind = 'silent_node' AND m.closed IS NULL AND n.id = m.subject
  AND (n.last_seen >= %(before)s OR NOT EXISTS (
      SELECT FROM node_key k WHERE k.node = n.id AND k.retired IS NULL))

-- name: silent_placements
SELECT p.id, a.node, t.valid_time
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
WHERE t.value IS NULL AND t.time >= %(before)s
  AND (t.valid_time IS NULL OR t.valid_time < %(before)s)
ORDER BY p.id

-- name: close_silent_placements
UPDATE maintenance_item m SET closed = %(at)s
FROM series s JOIN series_tail t ON t.series_id = s.id
WHERE m.kind = 'silent_placement' AND m.closed IS NULL AND s.placement = m.subject
  AND t.valid_time >= %(before)s

-- name: try_lead
SELECT pg_try_advisory_xact_lock(hashtext('nongqing.jobs'))
FROM set_config('idle_in_transaction_session_timeout', '0', true)

-- name: alive
SELECT 1
