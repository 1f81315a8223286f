-- name: silent_nodes
SELECT id, last_seen FROM node
WHERE enrolled IS NOT NULL AND enrolled < %(before)s
  AND (last_seen IS NULL OR last_seen < %(before)s)
  AND EXISTS (SELECT FROM node_key k WHERE k.node = node.id AND k.retired IS NULL)
ORDER BY id

-- name: silent_placements
SELECT p.id, a.node, t.valid_time
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
JOIN assignment a ON a.placement = p.id AND a.valid_to IS NULL
WHERE t.value IS NULL AND t.time >= %(before)s
  AND (t.valid_time IS NULL OR t.valid_time < %(before)s)
ORDER BY p.id

-- name: try_lead
SELECT pg_try_advisory_lock(hashtext('nongqing.jobs'))

-- name: alive
SELECT 1
