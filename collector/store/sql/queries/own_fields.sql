-- Fields that people keep themselves: who keeps them, what grows there, with whom they are shared.

-- name: mine
SELECT f.id, f.zh, f.village, v.zh, v.en, f.kind, f.area_ha, o.soil, o.edition, o.changed, p.name,
       k.owner, s.crop, s.sown, s.variety, s.harvested
FROM field_keeper k
JOIN own_field o ON o.field = k.field AND o.given_up IS NULL
JOIN field f ON f.id = o.field
JOIN village v ON v.id = f.village
LEFT JOIN person p ON p.id = o.changed_by
LEFT JOIN LATERAL (
    SELECT crop, sown, variety, harvested FROM season
    WHERE field = f.id ORDER BY sown DESC, crop LIMIT 1
) s ON true
WHERE k.person = %(person)s AND (%(field)s::text IS NULL OR f.id = %(field)s)
ORDER BY f.zh, f.id

-- name: lock_person
SELECT id FROM person WHERE id = %(person)s FOR UPDATE

-- name: add_field
INSERT INTO field (id, village, zh, en, kind, area_ha, private)
VALUES (%(field)s, %(village)s, %(name)s, %(name)s, %(kind)s, %(area_ha)s, true)

-- name: add_own_field
INSERT INTO own_field (field, soil, changed, changed_by)
VALUES (%(field)s, %(soil)s, %(at)s, %(person)s)

-- name: add_keeper
INSERT INTO field_keeper (field, person, owner, since)
VALUES (%(field)s, %(person)s, %(owner)s, %(at)s) ON CONFLICT (field, person) DO NOTHING

-- name: add_season
INSERT INTO season (field, crop, variety, sown) VALUES (%(field)s, %(crop)s, %(variety)s, %(sown)s)

-- name: next_edition
UPDATE own_field
SET edition = edition + 1, soil = %(soil)s, changed = %(at)s, changed_by = %(person)s
WHERE field = %(field)s AND edition = %(edition)s AND given_up IS NULL
RETURNING edition

-- name: change_field
UPDATE field SET zh = %(name)s, en = %(name)s, kind = %(kind)s, area_ha = %(area_ha)s
WHERE id = %(field)s AND private

-- name: change_season
UPDATE season SET crop = %(crop)s, variety = %(variety)s, sown = %(sown)s
WHERE field = %(field)s AND crop = %(old_crop)s AND sown = %(old_sown)s

-- name: end_season
UPDATE season SET harvested = %(day)s
WHERE id = (SELECT id FROM season WHERE field = %(field)s AND sown <= %(day)s
            ORDER BY sown DESC LIMIT 1)

-- name: end_open_season
UPDATE season SET harvested = %(sown)s
WHERE field = %(field)s AND harvested IS NULL AND sown <= %(sown)s

-- name: reopen_season
UPDATE season SET harvested = NULL WHERE field = %(field)s AND harvested = %(day)s

-- name: keepers
SELECT p.id, p.name, k.owner FROM field_keeper k JOIN person p ON p.id = k.person
WHERE k.field = %(field)s ORDER BY k.owner DESC, k.since, p.id

-- name: invitations_of
SELECT phone FROM field_invitation WHERE field = %(field)s ORDER BY at, phone

-- name: invitations_to
SELECT f.id, f.zh, v.zh, v.en, p.name
FROM field_invitation i
JOIN own_field o ON o.field = i.field AND o.given_up IS NULL
JOIN field f ON f.id = i.field
JOIN village v ON v.id = f.village
JOIN person p ON p.id = i.invited_by
WHERE i.phone = %(phone)s ORDER BY i.at, f.id

-- name: invite
INSERT INTO field_invitation (field, phone, invited_by, at)
VALUES (%(field)s, %(phone)s, %(person)s, %(at)s) ON CONFLICT (field, phone) DO NOTHING

-- name: withdraw_invitation
DELETE FROM field_invitation WHERE field = %(field)s AND phone = %(phone)s RETURNING field

-- name: remove_keeper
DELETE FROM field_keeper WHERE field = %(field)s AND person = %(person)s AND NOT owner
RETURNING person

-- name: give_up
UPDATE own_field SET given_up = %(at)s, soil = NULL, changed_by = NULL WHERE field = %(field)s

-- name: forget_names
UPDATE field SET zh = '', en = '', texture = NULL, method = NULL, well = NULL, allocation_m3 = NULL
WHERE id = %(field)s AND private

-- name: forget_keepers
DELETE FROM field_keeper WHERE field = %(field)s

-- name: forget_invitations
DELETE FROM field_invitation WHERE field = %(field)s

-- name: forget_seasons
DELETE FROM season WHERE field = %(field)s

-- name: forget_works
DELETE FROM field_work WHERE field = %(field)s

-- name: forget_water
WITH seen AS (DELETE FROM watering WHERE field = %(field)s)
DELETE FROM water_account WHERE field = %(field)s

-- name: forget_places
UPDATE scouting_report SET longitude = NULL, latitude = NULL, photo = NULL, note = '',
    observer = 'someone ' || md5(observer || %(salt)s), origin = 'own field'
WHERE site = %(field)s

-- name: forget_photos
DELETE FROM photo WHERE field = %(field)s

-- name: forget_stages
UPDATE stage_observation SET observer = '' WHERE field = %(field)s

-- name: forget_answers
UPDATE advice_answer SET person = NULL, note = '' WHERE site = %(field)s

-- name: end_advice
UPDATE advisory SET ended = %(at)s WHERE site = %(field)s AND ended IS NULL
