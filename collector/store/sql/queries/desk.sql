-- The desk: what is in force by hazard, crop and township, and what it rests on.

-- name: rows
-- One row for each hazard, crop and place: first by village, as villages are counted.
WITH of_village AS (
    SELECT a.hazard, a.crop, f.village, count(*) AS fields, sum(f.area_ha) AS area,
           max(a.status) AS status, min(a.issued) AS first, max(a.window_to) AS until,
           count(*) FILTER (WHERE a.draft AND r.site IS NULL) AS drafts
    FROM advisory a
    JOIN field f ON f.id = a.site
    LEFT JOIN advisory_release r
        ON (r.site, r.crop, r.hazard, r.issued) = (a.site, a.crop, a.hazard, a.issued)
       AND r.withdrawn IS NULL
    WHERE a.ended IS NULL AND a.hazard NOT IN (SELECT unnest(%(without)s::text[]))
      AND (%(hazard)s::text IS NULL OR a.hazard = %(hazard)s)
    GROUP BY a.hazard, a.crop, f.village
), of_place AS (
    SELECT o.hazard, o.crop, coalesce(v.township, v.county) AS place, v.county,
           count(*) AS villages, count(*) FILTER (WHERE o.status = %(high)s) AS grave,
           sum(o.fields)::integer AS fields, sum(o.area) AS area, max(o.status) AS status,
           min(o.first) AS first, max(o.until) AS until, sum(o.drafts)::integer AS drafts
    FROM of_village o JOIN village v ON v.id = o.village
    WHERE %(all)s OR v.county = ANY(%(county)s) OR v.township = ANY(%(township)s)
       OR v.id = ANY(%(village)s)
    GROUP BY 1, 2, 3, 4
)
SELECT o.hazard, o.crop, o.place, o.county, t.zh, t.en, c.zh, c.en,
       o.villages, n.villages, o.grave, o.fields, o.area, o.status, o.first, o.until, o.drafts,
       d.fields, e.id, coalesce(e.state, 'draft'), coalesce(e.version, 0), e.colour, e.until,
       e.changed, e.changed_by
FROM of_place o
JOIN county c ON c.code = o.county
LEFT JOIN township t ON t.code = o.place
JOIN (SELECT coalesce(township, county) AS place, count(*) AS villages
      FROM village WHERE merged_into IS NULL GROUP BY 1) n ON n.place = o.place
LEFT JOIN desk_day d ON (d.place, d.hazard, d.crop, d.day)
    = (o.place, o.hazard, o.crop, %(before)s)
LEFT JOIN decision e ON (e.place, e.hazard, e.crop) = (o.place, o.hazard, o.crop)
    AND e.state <> 'closed'
ORDER BY o.county, o.place, o.hazard, o.crop

-- name: last
-- What was done the last time: the newest closed decision of each, and its last act by somebody.
SELECT DISTINCT ON (d.place, d.hazard, d.crop) d.place, d.hazard, d.crop, s.act, s.at, s.name
FROM decision d JOIN decision_step s ON s.decision = d.id AND s.name <> ''
WHERE d.state = 'closed' AND d.place = ANY(%(places)s)
ORDER BY d.place, d.hazard, d.crop, d.id DESC, s.version DESC

-- name: skill
SELECT DISTINCT ON (hazard, county) hazard, county, cases, hits, misses, false_alarms
FROM skill_row WHERE season IS NULL AND hazard = ANY(%(hazards)s)
ORDER BY hazard, county, id DESC

-- name: count_day
INSERT INTO desk_day (place, hazard, crop, day, fields)
SELECT coalesce(v.township, v.county), a.hazard, a.crop, %(day)s, count(*)
FROM advisory a JOIN field f ON f.id = a.site JOIN village v ON v.id = f.village
WHERE a.ended IS NULL GROUP BY 1, 2, 3
ON CONFLICT (place, hazard, crop, day) DO UPDATE SET fields = EXCLUDED.fields

-- name: forget_days
DELETE FROM desk_day WHERE day < %(day)s

-- name: place
SELECT coalesce(t.code, c.code), c.code, t.zh, t.en, c.zh, c.en
FROM county c LEFT JOIN township t ON t.county = c.code AND t.code = %(place)s
WHERE c.code = %(place)s OR t.code IS NOT NULL

-- name: villages
-- The villages of a place with advice in force on a hazard of a crop, the gravest first.
SELECT v.id, v.zh, v.en, v.township, v.county, count(*), sum(f.area_ha), max(a.status),
       min(a.issued), count(*) FILTER (WHERE a.draft AND r.site IS NULL), max(r.released_by),
       max(r.at)
FROM advisory a
JOIN field f ON f.id = a.site
JOIN village v ON v.id = f.village
LEFT JOIN advisory_release r
    ON (r.site, r.crop, r.hazard, r.issued) = (a.site, a.crop, a.hazard, a.issued)
   AND r.withdrawn IS NULL
WHERE a.ended IS NULL AND a.hazard = %(hazard)s AND a.crop = %(crop)s
  AND coalesce(v.township, v.county) = %(place)s
GROUP BY v.id
ORDER BY max(a.status) DESC, count(*) DESC, v.id

-- name: gravest
-- The advice of the gravest and surest field: its reason speaks for the place.
SELECT a.site, a.crop, a.hazard, a.status, a.certainty, a.issued, a.window_from, a.window_to,
       a.confirmed, a.reason_key, a.reason_params, a.actions, a.draft, s.hours
FROM advisory a JOIN field f ON f.id = a.site JOIN village v ON v.id = f.village
LEFT JOIN spraying_hours s ON s.field = a.site
WHERE a.ended IS NULL AND a.hazard = %(hazard)s AND a.crop = %(crop)s
  AND coalesce(v.township, v.county) = %(place)s
ORDER BY a.status DESC, a.certainty DESC NULLS LAST, a.id LIMIT 1

-- name: answers
-- What each model says of the fields with advice in force: how many fields, at which stages.
SELECT hazard, status, count(*), min(stage_bbch), max(stage_bbch),
       count(*) FILTER (WHERE stage_source = 'observed')
FROM (
    SELECT DISTINCT ON (r.site, r.hazard) r.hazard, r.status, r.stage_bbch, r.stage_source
    FROM advisory a
    JOIN field f ON f.id = a.site
    JOIN village v ON v.id = f.village
    JOIN risk_status r ON r.site = a.site AND r.crop = a.crop AND r.hazard = ANY(%(models)s)
        AND r.time >= %(since)s AND r.time < %(until)s
    WHERE a.ended IS NULL AND a.hazard = %(hazard)s AND a.crop = %(crop)s
      AND coalesce(v.township, v.county) = %(place)s
    ORDER BY r.site, r.hazard, r.time DESC, r.id DESC
) newest
GROUP BY hazard, status ORDER BY hazard, status DESC

-- name: coming
-- The forecast: of each day to come how many fields have which level.
SELECT o.time, o.status, count(*)
FROM advisory a
JOIN field f ON f.id = a.site
JOIN village v ON v.id = f.village
JOIN risk_outlook o ON (o.site, o.crop, o.hazard) = (a.site, a.crop, a.hazard)
WHERE a.ended IS NULL AND a.hazard = %(hazard)s AND a.crop = %(crop)s
  AND coalesce(v.township, v.county) = %(place)s AND o.time > %(at)s
GROUP BY o.time, o.status ORDER BY o.time, o.status DESC

-- name: readings
-- The newest valid readings in the villages of the place, by quantity: lowest, mean, highest.
SELECT p.quantity, p.height_m, count(*), min(t.valid_value), avg(t.valid_value),
       max(t.valid_value), max(t.valid_time)
FROM village v
JOIN field f ON f.village = v.id AND NOT f.private
JOIN placement p ON p.field = f.id
JOIN series s ON s.placement = p.id
JOIN series_tail t ON t.series_id = s.id
WHERE coalesce(v.township, v.county) = %(place)s AND t.valid_time > %(since)s
  AND p.quantity = ANY(%(quantities)s)
GROUP BY p.quantity, p.height_m ORDER BY p.quantity, p.height_m DESC NULLS LAST
