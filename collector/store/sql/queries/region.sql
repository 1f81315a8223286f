-- name: mark
SELECT status_id FROM region_mark

-- name: set_mark
INSERT INTO region_mark (status_id) VALUES (%(mark)s)
ON CONFLICT (one) DO UPDATE SET status_id = excluded.status_id

-- name: changed_days
-- Ends of the days gone by of which there are answers that were not counted yet.
SELECT DISTINCT time FROM risk_status
WHERE id > %(mark)s AND id <= %(newest)s AND time > %(since)s AND time <= %(now)s

-- name: clear
DELETE FROM region_day WHERE day = ANY(%(days)s::date[]) OR day < %(first)s OR day >= %(today)s

-- name: fill_measured
INSERT INTO region_day (day, hazard, crop, village, status, fields, judged_ha, risk_ha)
WITH newest AS (
    SELECT DISTINCT ON (r.site, r.crop, r.hazard, r.time)
           r.time, f.village, r.site, coalesce(f.area_ha, 0) AS area_ha, r.hazard, r.crop,
           CASE WHEN r.status = %(cannot_say)s AND r.data_age_h IS NULL THEN -1
                ELSE (%(gravity)s::integer[])[r.status + 1] END AS gravity
    FROM risk_status r JOIN field f ON f.id = r.site
    WHERE r.time = ANY(%(ends)s::timestamptz[]) AND r.hazard <> ALL(%(unlevelled)s::text[])
    ORDER BY r.site, r.crop, r.hazard, r.time, r.id DESC
), of_site AS (
    SELECT time, village, site, area_ha, coalesce(hazard, '') AS hazard, coalesce(crop, '') AS crop,
           max(gravity) AS gravity
    FROM newest
    GROUP BY GROUPING SETS ((time, village, site, area_ha, hazard, crop),
                            (time, village, site, area_ha, crop), (time, village, site, area_ha))
)
SELECT (time AT TIME ZONE 'Asia/Shanghai' - interval '1 second')::date, hazard, crop, village,
       coalesce(array_position(%(gravity)s::integer[], max(gravity)) - 1, %(cannot_say)s),
       count(*), coalesce(sum(area_ha) FILTER (WHERE gravity > 0), 0),
       coalesce(sum(area_ha) FILTER (WHERE gravity >= %(warns)s), 0)
FROM of_site GROUP BY time, hazard, crop, village

-- name: fill_ahead
INSERT INTO region_day (day, hazard, crop, village, status, fields, judged_ha, risk_ha)
WITH of_site AS (
    SELECT o.time, f.village, o.site, coalesce(f.area_ha, 0) AS area_ha,
           coalesce(o.hazard, '') AS hazard, coalesce(o.crop, '') AS crop,
           max(CASE WHEN o.status = %(cannot_say)s AND o.data_age_h IS NULL THEN -1
                    ELSE (%(gravity)s::integer[])[o.status + 1] END) AS gravity
    FROM risk_outlook o JOIN field f ON f.id = o.site
    WHERE o.time > %(now)s AND o.hazard <> ALL(%(unlevelled)s::text[])
    GROUP BY GROUPING SETS (
        (o.time, f.village, o.site, f.area_ha, o.hazard, o.crop),
        (o.time, f.village, o.site, f.area_ha, o.crop), (o.time, f.village, o.site, f.area_ha))
)
SELECT (time AT TIME ZONE 'Asia/Shanghai' - interval '1 second')::date, hazard, crop, village,
       coalesce(array_position(%(gravity)s::integer[], max(gravity)) - 1, %(cannot_say)s),
       count(*), coalesce(sum(area_ha) FILTER (WHERE gravity > 0), 0),
       coalesce(sum(area_ha) FILTER (WHERE gravity >= %(warns)s), 0)
FROM of_site GROUP BY time, hazard, crop, village

-- name: clear_totals
DELETE FROM region_total

-- name: fill_totals
INSERT INTO region_total (day, hazard, crop, county, forecast, villages, at_risk, risk_ha)
SELECT r.day, r.hazard, r.crop, v.county, r.day >= %(today)s, count(*),
       count(*) FILTER (WHERE r.status = ANY(%(warnings)s)), sum(r.risk_ha)
FROM region_day r JOIN village v ON v.id = r.village
GROUP BY r.day, r.hazard, r.crop, v.county

-- name: totals
SELECT day, bool_or(forecast), sum(villages)::integer, sum(at_risk)::integer, sum(risk_ha)
FROM region_total
WHERE hazard = %(hazard)s AND crop = %(crop)s
  AND (%(county)s::text IS NULL OR county = %(county)s)
  AND (%(counties)s::text[] IS NULL OR county = ANY(%(counties)s))
GROUP BY day ORDER BY day

-- name: asked_for
SELECT DISTINCT hazard, crop FROM region_total WHERE hazard <> '' OR crop <> ''

-- name: areas
-- By township, or by village where one township is asked for: what is said of a day, how much more
-- or less is at risk than the day before, and whose devices are silent.
SELECT v.county, CASE WHEN %(township)s::text IS NULL THEN v.township ELSE v.id END AS area,
       min(CASE WHEN %(township)s::text IS NULL THEN t.zh ELSE v.zh END),
       min(CASE WHEN %(township)s::text IS NULL THEN t.en ELSE v.en END),
       min(c.zh), min(c.en),
       count(*)::integer AS villages,
       count(r.village)::integer AS judged,
       (count(*) FILTER (WHERE r.status = ANY(%(warnings)s)))::integer AS at_risk,
       max((%(gravity)s::integer[])[r.status + 1]) AS gravity,
       coalesce(sum(r.risk_ha), 0), coalesce(sum(r.judged_ha), 0),
       CASE WHEN count(b.village) > 0 THEN sum(b.risk_ha) END,
       count(n.nodes)::integer AS fitted,
       (count(n.nodes) FILTER (
           WHERE n.last_seen IS NULL OR n.last_seen < %(silent)s))::integer AS silent,
       avg(v.longitude), avg(v.latitude)
FROM village v
JOIN county c ON c.code = v.county
LEFT JOIN township t ON t.code = v.township
LEFT JOIN region_day r ON r.village = v.id AND r.hazard = %(hazard)s AND r.crop = %(crop)s
                      AND r.day = %(day)s
LEFT JOIN region_day b ON b.village = v.id AND b.hazard = %(hazard)s AND b.crop = %(crop)s
                      AND b.day = %(before)s
LEFT JOIN (SELECT f.village, count(*) AS nodes, max(n.last_seen) AS last_seen
           FROM node n JOIN field f ON f.id = n.field GROUP BY f.village) n ON n.village = v.id
WHERE v.merged_into IS NULL
  AND (%(county)s::text IS NULL OR v.county = %(county)s)
  AND (%(township)s::text IS NULL OR v.township = %(township)s)
  AND (%(everywhere)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
       OR v.id = ANY(%(villages)s))
GROUP BY v.county, area

-- name: points
SELECT v.longitude, v.latitude, v.position, r.status
FROM village v
LEFT JOIN region_day r ON r.village = v.id AND r.hazard = %(hazard)s AND r.crop = %(crop)s
                      AND r.day = %(day)s
WHERE v.merged_into IS NULL AND v.longitude IS NOT NULL
  AND (%(county)s::text IS NULL OR v.county = %(county)s)
  AND (%(township)s::text IS NULL OR v.township = %(township)s)
  AND (%(everywhere)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
       OR v.id = ANY(%(villages)s))

-- name: by_hazard
-- Area at risk of each hazard and crop on three days: a week before the last day gone by, that day,
-- and the worst of the days to come.
SELECT hazard, crop,
       sum(risk_ha) FILTER (WHERE day = %(last)s::date - 7),
       sum(risk_ha) FILTER (WHERE day = %(last)s),
       (SELECT max(of_day) FROM (
           SELECT sum(a.risk_ha) AS of_day FROM region_total a
           WHERE a.forecast AND a.hazard = t.hazard AND a.crop = t.crop
             AND (%(everywhere)s OR a.county = ANY(%(counties)s)) GROUP BY a.day) ahead)
FROM region_total t
WHERE hazard <> '' AND (%(everywhere)s OR county = ANY(%(counties)s))
GROUP BY hazard, crop

-- name: by_county
SELECT c.code, c.zh, c.en, sum(t.risk_ha) FILTER (WHERE t.day = %(last)s),
       sum(t.at_risk) FILTER (WHERE t.day = %(last)s),
       sum(t.villages) FILTER (WHERE t.day = %(last)s)
FROM county c LEFT JOIN region_total t ON t.county = c.code AND t.hazard = '' AND t.crop = ''
WHERE %(everywhere)s OR c.code = ANY(%(counties)s)
GROUP BY c.code, c.zh, c.en ORDER BY 4 DESC NULLS LAST, c.code
