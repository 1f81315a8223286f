-- name: weather
SELECT field, first, eto, rain, wind, rhmin, warmth FROM water_weather

-- name: put_weather
INSERT INTO water_weather (field, first, eto, rain, wind, rhmin, warmth)
SELECT v.field, v.first::date, v.eto::real[], v.rain::real[], v.wind::real[], v.rhmin::real[],
       v.warmth::real[]
FROM (VALUES %s) AS v (field, first, eto, rain, wind, rhmin, warmth)
JOIN field f ON f.id = v.field
ON CONFLICT (field) DO UPDATE SET
    first = excluded.first, eto = excluded.eto, rain = excluded.rain, wind = excluded.wind,
    rhmin = excluded.rhmin, warmth = excluded.warmth

-- name: end_weather
DELETE FROM water_weather WHERE NOT field = ANY(%(fields)s)

-- name: put_accounts
INSERT INTO water_account (field, computed, today, level, advice, first, days)
SELECT v.field, v.computed::timestamptz, v.today::date, v.level, v.advice::jsonb, v.first::date,
       v.days::jsonb
FROM (VALUES %s) AS v (field, computed, today, level, advice, first, days)
JOIN field f ON f.id = v.field
ON CONFLICT (field) DO UPDATE SET
    computed = excluded.computed, today = excluded.today, level = excluded.level,
    advice = excluded.advice, first = excluded.first, days = excluded.days

-- name: end_accounts
DELETE FROM water_account WHERE NOT field = ANY(%(fields)s)

-- name: accounts
SELECT a.field, a.computed, a.today, a.level, a.advice, a.first, a.days
FROM water_account a JOIN field f ON f.id = a.field
WHERE (%(field)s::text IS NULL OR a.field = %(field)s)
  AND (%(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private))
ORDER BY a.field

-- name: counts
SELECT level, count(*), max(computed) FROM water_account GROUP BY level ORDER BY level

-- name: is_wanted
-- Whether accounts are to be computed anew: none since the night, few fields, or something that they
-- do not know of.
WITH last AS (SELECT coalesce(max(computed), '-infinity') AS at, count(*) AS fields FROM water_account)
SELECT last.at < %(night)s OR last.fields <= %(few)s
    OR EXISTS (SELECT FROM field_work WHERE kind = 'irrigation' AND received > last.at)
    OR EXISTS (SELECT FROM watering WHERE noted > last.at)
    OR EXISTS (SELECT FROM field f LEFT JOIN water_account a ON a.field = f.id
               WHERE a.field IS NULL AND f.kind <> 'depot')
FROM last

-- name: waterings
SELECT field, source, day, amount_mm, told_by FROM watering
WHERE %(field)s::text IS NULL OR field = %(field)s
ORDER BY field, day, source, told_by

-- name: put_waterings
INSERT INTO watering (field, source, day, amount_mm, told_by, noted) VALUES %s
ON CONFLICT (field, source, day, told_by) DO UPDATE SET
    amount_mm = excluded.amount_mm, noted = excluded.noted

-- name: state
-- Growth stage of what stands in fields, and the soil's hazards that warn: newest answers of the last days.
SELECT DISTINCT ON (site, hazard) site, crop, hazard, status, stage_bbch
FROM risk_status
WHERE time >= %(since)s AND time < %(until)s AND hazard = ANY(%(hazards)s)
ORDER BY site, hazard, time DESC, id DESC

-- name: wet_days
-- Ends of the coming days on which a hazard of wet leaves warns, by field.
SELECT site, hazard, time FROM risk_outlook
WHERE site = ANY(%(fields)s) AND hazard = ANY(%(hazards)s) AND status >= %(warns)s AND time > %(at)s
ORDER BY site, hazard, time

-- name: say
-- What the keeper of a field says of its water.
UPDATE field SET texture = %(texture)s, method = %(method)s, well = %(well)s,
    allocation_m3 = %(allocation_m3)s
WHERE id = %(field)s

-- name: private_soils
SELECT field, soil FROM own_field WHERE soil IS NOT NULL AND given_up IS NULL

-- name: field
SELECT f.id, f.village, CASE WHEN f.private THEN '' ELSE f.zh END,
       CASE WHEN f.private THEN '' ELSE f.en END, f.kind, f.area_ha, f.texture, f.method, f.well,
       f.allocation_m3
FROM field f WHERE f.id = %(field)s
