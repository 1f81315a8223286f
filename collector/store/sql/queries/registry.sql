-- name: put_layout
INSERT INTO layout (id, board, channels, known_since)
VALUES (%(id)s, %(board)s, %(channels)s, %(at)s)
ON CONFLICT (id) DO NOTHING

-- name: note_import
INSERT INTO registry_import (at, source, counts) VALUES (%(at)s, %(source)s, %(counts)s)

-- name: villages
SELECT v.id, v.zh, v.en, v.county, c.zh AS county_zh, c.en AS county_en,
       v.township, t.zh AS township_zh, t.en AS township_en,
       v.longitude, v.latitude, v.position,
       coalesce(h.fields, 0) AS fields, coalesce(h.nodes, 0) AS nodes
FROM village v
JOIN county c ON c.code = v.county
LEFT JOIN township t ON t.code = v.township
LEFT JOIN (
    SELECT f.village, count(DISTINCT f.id) AS fields, count(n.id) AS nodes
    FROM field f LEFT JOIN node n ON n.field = f.id
    WHERE NOT f.private AND (%(village)s::text IS NULL OR f.village = %(village)s)
    GROUP BY f.village
) h ON h.village = v.id
WHERE v.merged_into IS NULL AND (%(village)s::text IS NULL OR v.id = %(village)s)
ORDER BY v.county, v.id

-- name: fields
-- What people call their own fields is only for them.
SELECT id, village, CASE WHEN private THEN '' ELSE zh END, CASE WHEN private THEN '' ELSE en END,
       kind, area_ha, texture, method, well, allocation_m3
FROM field
WHERE (%(village)s::text IS NULL OR village = %(village)s) AND (NOT private OR %(own)s)
ORDER BY village, id

-- name: field
SELECT id, village, zh, en, kind, area_ha, texture, method, well, allocation_m3
FROM field WHERE id = %(field)s AND NOT private

-- name: seasons
SELECT field, crop, variety, resistance, sown, previous_crop, harvested, relay
FROM season ORDER BY field, sown, crop

-- name: seasons_of
SELECT field, crop, variety, resistance, sown, previous_crop, harvested, relay
FROM season WHERE field = %(field)s ORDER BY sown DESC, crop

-- name: seasons_at
SELECT DISTINCT ON (field)
       field, crop, variety, resistance, sown, previous_crop, harvested, relay
FROM season WHERE sown <= (%(at)s AT TIME ZONE 'Asia/Shanghai')::date
ORDER BY field, sown DESC, crop

-- name: stage_observations
SELECT field, crop, date, bbch, observer FROM stage_observation ORDER BY field, crop, date, bbch

-- name: placements
SELECT p.id, p.field, p.quantity, p.height_m, p.wet_threshold
FROM placement p JOIN field f ON f.id = p.field
WHERE %(village)s::text IS NULL OR f.village = %(village)s
ORDER BY p.field, p.quantity, p.height_m, p.id

-- name: nodes
SELECT n.id, n.board, n.field, f.village, n.layout, k.epoch, n.enrolled, n.last_seen,
       CASE WHEN k.epoch IS NULL THEN
           (SELECT max(r.at) FROM revocation r WHERE r.node = n.id) END AS revoked, w.version,
       encode(n.update_key, 'hex')
FROM node n JOIN field f ON f.id = n.field
LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
LEFT JOIN node_firmware w ON w.node = n.id
WHERE (%(node)s::text IS NULL OR n.id = %(node)s)
  AND (%(village)s::text IS NULL OR f.village = %(village)s)
ORDER BY n.id

-- name: lock_node
SELECT enrolled FROM node WHERE id = %(node)s FOR UPDATE

-- name: retire_keys
UPDATE node_key SET retired = %(at)s WHERE node = %(node)s AND retired IS NULL

-- name: revoke_keys
UPDATE node_key SET retired = coalesce(retired, %(at)s), revoked = true
WHERE node = %(node)s AND NOT revoked RETURNING epoch

-- name: note_revocation
INSERT INTO revocation (node, at, reason, revoked_by)
VALUES (%(node)s, %(at)s, %(reason)s, %(by)s)

-- name: standing_revocation
SELECT r.at, r.revoked_by, r.reason FROM revocation r
WHERE r.node = %(node)s
  AND NOT EXISTS (SELECT FROM node_key k WHERE k.node = r.node AND NOT k.revoked)
ORDER BY r.id DESC LIMIT 1

-- name: next_epoch
SELECT coalesce(max(epoch), 0) + 1 FROM (
    SELECT epoch FROM node_key WHERE node = %(node)s
    UNION ALL SELECT epoch FROM node_key_next WHERE node = %(node)s
) used

-- name: drop_next_key
DELETE FROM node_key_next WHERE node = %(node)s

-- name: add_key
INSERT INTO node_key (node, epoch, encrypted, created)
VALUES (%(node)s, %(epoch)s, %(encrypted)s, %(at)s)

-- name: set_enrolled
-- Whose updates it takes is said anew (update_keys.sql), else it takes none.
UPDATE node SET enrolled = coalesce(enrolled, %(at)s), layout = coalesce(%(layout)s, layout),
    update_key = NULL
WHERE id = %(node)s

-- name: current_key
SELECT epoch, encrypted FROM node_key WHERE node = %(node)s AND retired IS NULL

-- name: keys
SELECT k.node, k.epoch, k.encrypted, k.retired, n.enrolled, k.revoked, k.next
FROM (
    SELECT node, epoch, encrypted, retired, revoked, false AS next FROM node_key
    UNION ALL SELECT node, epoch, encrypted, NULL, false, true FROM node_key_next
) k JOIN node n ON n.id = k.node
WHERE n.changed > %(since)s

-- name: layouts
SELECT id, channels FROM layout

-- name: assignments
SELECT a.node, a.channel, s.id, p.quantity, a.valid_from, a.valid_to
FROM assignment a
JOIN node n ON n.id = a.node
JOIN placement p ON p.id = a.placement
JOIN series s ON s.placement = a.placement
WHERE n.changed > %(since)s
ORDER BY a.node, a.channel, a.valid_from NULLS FIRST

-- name: node_ids
SELECT id FROM node
