-- name: put_reports
INSERT INTO scouting_report (site, crop, hazard, season, date, found, treated, severity, source,
    observer, note, origin, grade, longitude, latitude, photo, received) VALUES %s

-- name: kept_reports
SELECT DISTINCT ON (r.site, r.crop, r.hazard, r.date, r.source, r.observer)
       r.site, r.crop, r.hazard, r.season, r.date, r.found, r.treated, r.severity, r.source,
       r.observer, r.note, r.origin, r.grade, r.longitude, r.latitude, r.photo
FROM scouting_report r
JOIN (VALUES %s) AS v (site, crop, hazard, date, source, observer)
    ON (r.site, r.crop, r.hazard, r.date, r.source, r.observer)
     = (v.site, v.crop, v.hazard, v.date, v.source, v.observer)
ORDER BY r.site, r.crop, r.hazard, r.date, r.source, r.observer, r.id DESC

-- name: reports_of
SELECT * FROM (
    SELECT DISTINCT ON (crop, hazard, date, source, observer)
           site, crop, hazard, season, date, found, treated, severity, source, observer, note,
           origin, grade, longitude, latitude, photo
    FROM scouting_report WHERE site = %(field)s
    ORDER BY crop, hazard, date, source, observer, id DESC
) r ORDER BY date DESC, hazard, observer

-- name: put_refusals
INSERT INTO import_refusal (kind, origin, event, params, text, received) VALUES %s
ON CONFLICT (kind, origin, event, md5(params::text), md5(text)) DO NOTHING

-- name: refusals
SELECT origin, event, params, text FROM import_refusal
ORDER BY received DESC, id DESC LIMIT %(limit)s

-- name: reports
SELECT r.site, r.crop, r.hazard, v.county, r.season::integer, r.date, r.found, r.treated
FROM (
    SELECT DISTINCT ON (site, crop, hazard, date, source, observer) *
    FROM scouting_report ORDER BY site, crop, hazard, date, source, observer, id DESC
) r
JOIN field f ON f.id = r.site JOIN village v ON v.id = f.village
ORDER BY r.id

-- name: issued
SELECT s.site, s.crop, s.hazard, s.time, s.issued, s.status, s.score, s.model_version
FROM risk_status s
WHERE EXISTS (
    SELECT FROM scouting_report r
    JOIN unnest(%(crops)s::text[], %(seen)s::text[], %(about)s::text[]) AS j (crop, seen, about)
        ON j.crop = r.crop AND j.seen = r.hazard
    WHERE r.site = s.site AND r.crop = s.crop AND j.about = s.hazard
      AND s.time >= (r.date - %(most_days)s)::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND s.issued < r.date::timestamp AT TIME ZONE 'Asia/Shanghai'
)
ORDER BY s.id

-- name: put_rows
INSERT INTO skill_row (at, hazard, county, season, model_version, cases, unanswered, treated,
    other_version, hits, misses, false_alarms, correct_negatives, scored, seasons, brier_skill,
    low, high, why) VALUES %s

-- name: rows
SELECT DISTINCT ON (hazard, county, season)
       hazard, county, season::integer, model_version, cases, unanswered, treated, other_version,
       hits, misses, false_alarms, correct_negatives, scored, seasons, brier_skill, low, high, why
FROM skill_row ORDER BY hazard, county, season, id DESC

-- name: rules
SELECT key, value FROM setting WHERE key LIKE 'skill.%%'

-- name: name_change
SELECT set_config('nongqing.changed_by', %(by)s, true),
       set_config('nongqing.change_reason', %(reason)s, true)

-- name: rule_changes
SELECT key, old, new, at, changed_by, reason FROM setting_change ORDER BY id DESC

-- name: counties_of_fields
SELECT f.id, v.county FROM field f JOIN village v ON v.id = f.village
