-- name: situation
WITH newest AS (
    SELECT DISTINCT ON (r.site, r.crop, r.hazard)
           v.county, f.village, f.area_ha, r.crop, r.hazard, r.status, r.validated
    FROM risk_status r JOIN field f ON f.id = r.site JOIN village v ON v.id = f.village
    WHERE NOT f.private AND r.time >= %(since)s AND r.time < %(until)s
      AND r.hazard <> ALL(%(unlevelled)s::text[]) AND %(area)s IN ('', v.county)
    ORDER BY r.site, r.crop, r.hazard, r.time DESC, r.id DESC
), of_village AS (
    SELECT county, crop, hazard, village, max(status) AS worst, bool_and(validated) AS validated,
           coalesce(sum(area_ha) FILTER (WHERE status = 4), 0) AS high_ha,
           coalesce(sum(area_ha) FILTER (WHERE status = 3), 0) AS medium_ha,
           count(*) FILTER (WHERE status >= 3 AND area_ha IS NULL) AS no_area
    FROM newest GROUP BY county, crop, hazard, village
)
SELECT county, crop, hazard, sum(high_ha), sum(medium_ha),
       count(*) FILTER (WHERE worst = 4), count(*) FILTER (WHERE worst = 3),
       count(*) FILTER (WHERE worst >= 2), sum(no_area)::integer, bool_and(validated)
FROM of_village GROUP BY county, crop, hazard HAVING max(worst) >= 2
ORDER BY county, crop, hazard

-- name: ahead
WITH of_village AS (
    SELECT v.county, o.crop, o.hazard, o.time, f.village, max(o.status) AS worst,
           coalesce(sum(f.area_ha) FILTER (WHERE o.status = 4), 0) AS high_ha,
           coalesce(sum(f.area_ha) FILTER (WHERE o.status = 3), 0) AS medium_ha
    FROM risk_outlook o JOIN field f ON f.id = o.site JOIN village v ON v.id = f.village
    WHERE NOT f.private AND o.time > %(at)s
      AND o.hazard <> ALL(%(unlevelled)s::text[]) AND %(area)s IN ('', v.county)
    GROUP BY v.county, o.crop, o.hazard, o.time, f.village
)
SELECT county, crop, hazard, time, sum(high_ha), sum(medium_ha),
       count(*) FILTER (WHERE worst = 4), count(*) FILTER (WHERE worst = 3)
FROM of_village GROUP BY county, crop, hazard, time HAVING max(worst) >= 3
ORDER BY hazard, crop, time, county

-- name: released
SELECT v.county, a.crop, a.hazard, max(a.status), count(DISTINCT f.village),
       array_agg(DISTINCT r.released_by), max(r.at),
       (array_agg(a.actions ORDER BY a.status DESC, r.at DESC, a.id))[1:1]
FROM advisory a
JOIN advisory_release r USING (site, crop, hazard, issued)
JOIN field f ON f.id = a.site JOIN village v ON v.id = f.village
WHERE a.ended IS NULL AND NOT f.private AND %(area)s IN ('', v.county)
GROUP BY v.county, a.crop, a.hazard
ORDER BY v.county, a.crop, a.hazard

-- name: counties
SELECT code, zh, en FROM county ORDER BY code

-- name: last
SELECT year, number, content FROM bulletin WHERE area = %(area)s ORDER BY issued DESC LIMIT 1

-- name: add_draft
INSERT INTO bulletin_draft (area, made, made_by, week, tables, corrects_year, corrects_number)
VALUES (%(area)s, %(at)s, %(by)s, %(week)s, %(tables)s, %(year)s, %(number)s)
ON CONFLICT (area, week) DO NOTHING
RETURNING id

-- name: add_text
INSERT INTO bulletin_text (draft, edition, texts, written_by, at)
VALUES (%(draft)s, %(edition)s, %(texts)s, %(by)s, %(at)s)
ON CONFLICT DO NOTHING
RETURNING edition

-- name: draft
SELECT d.id, d.area, d.made, d.made_by, d.week, d.tables, d.corrects_year, d.corrects_number,
       d.given_up, t.edition, t.texts, t.written_by, t.at, b.year, b.number
FROM bulletin_draft d
JOIN LATERAL (
    SELECT edition, texts, written_by, at FROM bulletin_text WHERE draft = d.id
    ORDER BY edition DESC LIMIT 1
) t ON true
LEFT JOIN bulletin b ON b.draft = d.id
WHERE d.id = %(draft)s

-- name: open_drafts
SELECT d.id, d.area, d.made, d.made_by, d.week, '{}'::jsonb, d.corrects_year, d.corrects_number,
       d.given_up, t.edition, t.texts, t.written_by, t.at, NULL, NULL
FROM bulletin_draft d
JOIN LATERAL (
    SELECT edition, texts, written_by, at FROM bulletin_text WHERE draft = d.id
    ORDER BY edition DESC LIMIT 1
) t ON true
WHERE d.given_up IS NULL AND NOT EXISTS (SELECT FROM bulletin b WHERE b.draft = d.id)
ORDER BY d.id DESC

-- name: editions
SELECT edition, texts, written_by, at FROM bulletin_text WHERE draft = %(draft)s
ORDER BY edition DESC

-- name: lock_draft
SELECT id FROM bulletin_draft WHERE id = %(draft)s FOR UPDATE

-- name: give_up
UPDATE bulletin_draft SET given_up = %(at)s
WHERE id = %(draft)s AND given_up IS NULL
  AND NOT EXISTS (SELECT FROM bulletin b WHERE b.draft = id)
RETURNING id

-- name: lock_numbers
SELECT pg_advisory_xact_lock(hashtext('nongqing.bulletin.number'))

-- name: last_number
SELECT coalesce(max(number), 0) FROM bulletin WHERE year = %(year)s

-- name: issue
INSERT INTO bulletin (year, number, follows, draft, area, issued, issued_by, content,
    corrects_year, corrects_number)
VALUES (%(year)s, %(number)s, nullif(%(number)s - 1, 0), %(draft)s, %(area)s, %(at)s, %(by)s,
    %(content)s, %(corrects_year)s, %(corrects_number)s)

-- name: issued
SELECT b.year, b.number, b.draft, b.area, b.issued, b.issued_by, b.content, b.corrects_year,
       b.corrects_number,
       (SELECT array_agg(ARRAY[c.year, c.number] ORDER BY c.year, c.number) FROM bulletin c
        WHERE (c.corrects_year, c.corrects_number) = (b.year, b.number))
FROM bulletin b
WHERE (%(year)s::smallint IS NULL OR (b.year, b.number) = (%(year)s, %(number)s))
ORDER BY b.year DESC, b.number DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
SELECT count(*) FROM bulletin
