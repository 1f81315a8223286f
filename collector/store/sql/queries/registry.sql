-- name: changed
UPDATE registry_version SET version = version + 1

-- name: version
SELECT version FROM registry_version

-- name: put_counties
INSERT INTO county (code, zh, en) VALUES %s
ON CONFLICT (code) DO UPDATE SET zh = excluded.zh, en = excluded.en

-- name: put_townships
INSERT INTO township (code, county, zh, en) VALUES %s
ON CONFLICT (code) DO UPDATE SET county = excluded.county, zh = excluded.zh, en = excluded.en

-- name: put_villages
INSERT INTO village (id, zh, en, county, township, longitude, latitude, position) VALUES %s
ON CONFLICT (id) DO UPDATE SET
    zh = excluded.zh, en = excluded.en, county = excluded.county, township = excluded.township,
    longitude = excluded.longitude, latitude = excluded.latitude, position = excluded.position

-- name: put_fields
INSERT INTO field (id, village, zh, en, kind, area_ha) VALUES %s
ON CONFLICT (id) DO UPDATE SET
    village = excluded.village, zh = excluded.zh, en = excluded.en, kind = excluded.kind,
    area_ha = excluded.area_ha

-- name: put_seasons
INSERT INTO season (field, crop, variety, resistance, sown, previous_crop, harvested) VALUES %s
ON CONFLICT (field, crop, sown) DO UPDATE SET
    variety = excluded.variety, resistance = excluded.resistance,
    previous_crop = excluded.previous_crop, harvested = excluded.harvested

-- name: put_stage_observations
INSERT INTO stage_observation (field, crop, date, bbch, observer) VALUES %s
ON CONFLICT (field, crop, date, bbch) DO UPDATE SET observer = excluded.observer

-- name: put_placements
INSERT INTO placement (id, field, quantity, height_m, wet_threshold) VALUES %s
ON CONFLICT (id) DO UPDATE SET
    field = excluded.field, quantity = excluded.quantity, height_m = excluded.height_m,
    wet_threshold = excluded.wet_threshold

-- name: put_series
INSERT INTO series (placement) SELECT id FROM placement ORDER BY id
ON CONFLICT (placement) DO NOTHING

-- name: put_layout
INSERT INTO layout (id, board, channels, known_since)
VALUES (%(id)s, %(board)s, %(channels)s, %(at)s)
ON CONFLICT (id) DO NOTHING

-- name: put_node
INSERT INTO node (id, board, field, layout) VALUES (%(id)s, %(board)s, %(field)s, %(layout)s)
ON CONFLICT (id) DO UPDATE SET
    board = excluded.board, field = excluded.field, layout = excluded.layout

-- name: current_assignments
SELECT channel, placement FROM assignment WHERE node = %(node)s AND valid_to IS NULL

-- name: end_assignment
UPDATE assignment SET valid_to = greatest(%(at)s, valid_from + interval '1 microsecond')
WHERE node = %(node)s AND channel = %(channel)s AND valid_to IS NULL

-- name: begin_assignment
INSERT INTO assignment (node, channel, placement, valid_from)
SELECT %(node)s, %(channel)s, %(placement)s,
       CASE WHEN count(*) > 0 THEN greatest(%(at)s, max(valid_to)) END
FROM assignment WHERE node = %(node)s AND channel = %(channel)s

-- name: note_import
INSERT INTO registry_import (at, source, counts) VALUES (%(at)s, %(source)s, %(counts)s)

-- name: villages
SELECT v.id, v.zh, v.en, v.county, c.zh AS county_zh, c.en AS county_en,
       v.township, t.zh AS township_zh, t.en AS township_en,
       v.longitude, v.latitude, v.position,
       (SELECT count(*) FROM field f WHERE f.village = v.id) AS fields,
       (SELECT count(*) FROM node n JOIN field f ON f.id = n.field WHERE f.village = v.id)
           AS nodes
FROM village v
JOIN county c ON c.code = v.county
LEFT JOIN township t ON t.code = v.township
WHERE %(village)s::text IS NULL OR v.id = %(village)s
ORDER BY v.county, v.id

-- name: fields
SELECT id, village, zh, en, kind, area_ha FROM field
WHERE %(village)s::text IS NULL OR village = %(village)s
ORDER BY village, id

-- name: seasons
SELECT field, crop, variety, resistance, sown, previous_crop, harvested
FROM season ORDER BY field, sown, crop

-- name: seasons_at
SELECT DISTINCT ON (field)
       field, crop, variety, resistance, sown, previous_crop, harvested
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
SELECT n.id, n.board, n.field, f.village, n.layout, k.epoch, n.enrolled, n.last_seen
FROM node n JOIN field f ON f.id = n.field
LEFT JOIN node_key k ON k.node = n.id AND k.retired IS NULL
WHERE %(node)s::text IS NULL OR n.id = %(node)s
ORDER BY n.id

-- name: lock_node
SELECT enrolled FROM node WHERE id = %(node)s FOR UPDATE

-- name: retire_keys
UPDATE node_key SET retired = %(at)s WHERE node = %(node)s AND retired IS NULL

-- name: next_epoch
SELECT coalesce(max(epoch), 0) + 1 FROM node_key WHERE node = %(node)s

-- name: add_key
INSERT INTO node_key (node, epoch, encrypted, created)
VALUES (%(node)s, %(epoch)s, %(encrypted)s, %(at)s)

-- name: set_enrolled
UPDATE node SET enrolled = coalesce(enrolled, %(at)s), layout = coalesce(%(layout)s, layout)
WHERE id = %(node)s

-- name: current_key
SELECT epoch, encrypted FROM node_key WHERE node = %(node)s AND retired IS NULL

-- name: keys
SELECT k.node, k.epoch, k.encrypted, k.retired, n.enrolled
FROM node_key k JOIN node n ON n.id = k.node

-- name: layouts
SELECT id, channels FROM layout

-- name: assignments
SELECT a.node, a.channel, s.id, p.quantity, a.valid_from, a.valid_to
FROM assignment a
JOIN placement p ON p.id = a.placement
JOIN series s ON s.placement = a.placement
ORDER BY a.node, a.channel, a.valid_from NULLS FIRST

-- name: node_ids
SELECT id FROM node
