-- name: counties
SELECT code, zh, en FROM county ORDER BY code

-- name: townships
SELECT code, county, zh, en FROM township ORDER BY code

-- name: villages
SELECT id, zh, en, county, township, longitude, latitude, position FROM village ORDER BY id

-- name: fields
-- What is known of people's own fields is no part of a site.
SELECT id, village, zh, en, kind, area_ha, texture, method, well, allocation_m3
FROM field WHERE NOT private OR kind = 'depot'
ORDER BY village, id

-- name: nodes
SELECT id, board, field FROM node ORDER BY id

-- name: open_assignments
SELECT node, channel, placement FROM assignment WHERE valid_to IS NULL ORDER BY node, channel

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
-- A depot is on no public page.
INSERT INTO field (id, village, zh, en, kind, area_ha, texture, method, well, allocation_m3, private)
SELECT v.id, v.village, v.zh, v.en, v.kind, v.area_ha::double precision, v.texture, v.method, v.well,
       v.allocation_m3::double precision, v.kind = 'depot'
FROM (VALUES %s) AS v (id, village, zh, en, kind, area_ha, texture, method, well, allocation_m3)
ON CONFLICT (id) DO UPDATE SET
    village = excluded.village, zh = excluded.zh, en = excluded.en, kind = excluded.kind,
    area_ha = excluded.area_ha, texture = excluded.texture, method = excluded.method,
    well = excluded.well, allocation_m3 = excluded.allocation_m3, private = excluded.private

-- name: put_placements
INSERT INTO placement (id, field, quantity, height_m, wet_threshold) VALUES %s
ON CONFLICT (id) DO UPDATE SET
    field = excluded.field, quantity = excluded.quantity, height_m = excluded.height_m,
    wet_threshold = excluded.wet_threshold

-- name: put_series
INSERT INTO series (placement)
SELECT id FROM placement p
WHERE NOT EXISTS (SELECT FROM series s WHERE s.placement = p.id)
ORDER BY id

-- name: put_nodes
INSERT INTO node (id, board, field, layout) VALUES %s
ON CONFLICT (id) DO UPDATE SET
    board = excluded.board, field = excluded.field, layout = excluded.layout

-- name: put_seasons
INSERT INTO season (field, crop, variety, resistance, sown, previous_crop, harvested, relay)
VALUES %s
ON CONFLICT (field, crop, sown) DO UPDATE SET
    variety = excluded.variety, resistance = excluded.resistance,
    previous_crop = excluded.previous_crop, harvested = excluded.harvested,
    relay = excluded.relay

-- name: put_stage_observations
INSERT INTO stage_observation (field, crop, date, bbch, observer) VALUES %s
ON CONFLICT (field, crop, date, bbch) DO UPDATE SET observer = excluded.observer

-- name: node_layouts
SELECT id, board, layout FROM node

-- name: set_layouts
UPDATE node n SET layout = l.layout
FROM unnest(%(boards)s::text[], %(layouts)s::bytea[]) AS l (board, layout)
WHERE n.board = l.board
  AND n.id IN (SELECT id FROM node WHERE id = ANY(%(nodes)s) ORDER BY id FOR UPDATE)

-- name: end_assignments
UPDATE assignment a
SET valid_to = greatest(%(at)s, a.valid_from + interval '1 microsecond')
FROM unnest(%(nodes)s::text[], %(channels)s::smallint[]) AS e (node, channel)
WHERE a.node = e.node AND a.channel = e.channel AND a.valid_to IS NULL

-- name: begin_assignments
INSERT INTO assignment (node, channel, placement, valid_from)
SELECT b.node, b.channel, b.placement,
       CASE WHEN count(a.id) > 0 THEN greatest(%(at)s, max(a.valid_to)) END
FROM unnest(%(nodes)s::text[], %(channels)s::smallint[], %(placements)s::text[])
    AS b (node, channel, placement)
LEFT JOIN assignment a ON a.node = b.node AND a.channel = b.channel
GROUP BY b.node, b.channel, b.placement
ORDER BY b.node, b.channel
