-- name: facts
-- All that the registry and the settings know of a village's page, in one row.
SELECT v.id, v.zh, v.en, v.county, c.zh, c.en, v.township, t.zh, t.en, v.longitude, v.latitude,
       v.position,
       (SELECT coalesce(json_agg(json_build_array(f.id, f.village, f.zh, f.en, f.kind, f.area_ha,
                                                  s.crop, s.sown, s.harvested)
                                 ORDER BY f.id), '[]')
        FROM field f LEFT JOIN LATERAL (
            SELECT crop, sown, harvested FROM season
            WHERE field = f.id AND sown <= (%(at)s AT TIME ZONE 'Asia/Shanghai')::date
            ORDER BY sown DESC, crop LIMIT 1
        ) s ON true
        WHERE f.village = v.id AND NOT f.private),
       (SELECT coalesce(json_object_agg(key, value), '{}') FROM setting
        WHERE key = ANY(%(settings)s)
           OR key IN ('contact.' || v.id, 'contact.' || v.township, 'contact.' || v.county)),
       (SELECT count(*) FROM node n JOIN field f ON f.id = n.field WHERE f.village = v.id)
FROM village v
JOIN county c ON c.code = v.county
LEFT JOIN township t ON t.code = v.township
WHERE v.id = %(village)s AND v.merged_into IS NULL

-- name: answers
-- The newest answers known at a time, and where it is now, the outlook; own: a field that its keeper
-- asks about along with those that everybody may see.
SELECT * FROM (
    SELECT DISTINCT ON (r.site, r.crop, r.hazard)
           r.site, r.crop, r.hazard, r.time, r.issued, r.status, r.score, r.certainty,
           r.stage_bbch, r.stage_source, r.drivers, r.missing, r.data_age_h, r.inputs_hash,
           r.model_version, r.validated, NULL::timestamptz AS forecast_issued, 'measured' AS source
    FROM risk_status r JOIN field f ON f.id = r.site
    WHERE f.village = %(village)s AND (NOT f.private OR f.id = %(own)s)
      AND r.time < %(until)s AND r.time >= %(since)s
      AND r.issued <= %(known)s
    ORDER BY r.site, r.crop, r.hazard, r.time DESC, r.id DESC
) newest
UNION ALL (
    SELECT o.site, o.crop, o.hazard, o.time, o.issued, o.status, o.score, o.certainty,
           o.stage_bbch, o.stage_source,
           CASE WHEN o.status = ANY(%(warning)s) THEN o.drivers END, o.missing, o.data_age_h, o.inputs_hash,
           o.model_version, o.validated, o.forecast_issued, 'forecast'
    FROM risk_outlook o JOIN field f ON f.id = o.site
    WHERE f.village = %(village)s AND (NOT f.private OR f.id = %(own)s)
      AND o.time > %(at)s AND %(ahead)s
)
ORDER BY source DESC, site, crop, hazard, time

-- name: advice
-- What was in force at a time: of a field, crop and hazard the first that had not ended yet.
SELECT DISTINCT ON (a.site, a.crop, a.hazard)
       a.site, a.crop, a.hazard, a.status, a.certainty, a.issued, a.window_from, a.window_to,
       a.confirmed, a.reason_key, a.reason_params, a.actions, a.draft, CASE WHEN NOT %(past)s THEN s.hours END,
       r.released_by, r.at, d.state IN ('held', 'rejected', 'cancelled'), d.page,
       CASE WHEN d.state IN ('published', 'updated') AND r.site IS NOT NULL THEN d.colour END
FROM advisory a
JOIN field f ON f.id = a.site
JOIN village v ON v.id = f.village
LEFT JOIN spraying_hours s ON s.field = a.site
LEFT JOIN advisory_release r
    ON (r.site, r.crop, r.hazard, r.issued) = (a.site, a.crop, a.hazard, a.issued)
   AND r.at <= %(at)s AND (r.withdrawn IS NULL OR r.withdrawn > %(at)s)
LEFT JOIN decision d ON (d.place, d.hazard, d.crop)
    = (coalesce(v.township, v.county), a.hazard, a.crop)
   AND d.state <> 'closed' AND NOT %(past)s
WHERE f.village = %(village)s AND (NOT f.private OR f.id = %(own)s)
  AND a.issued <= %(at)s AND (a.ended IS NULL OR (%(past)s AND a.ended > %(at)s))
ORDER BY a.site, a.crop, a.hazard, a.id

-- name: release
-- What was taken back is released anew.
INSERT INTO advisory_release AS r (site, crop, hazard, issued, released_by, at)
SELECT a.site, a.crop, a.hazard, a.issued, %(by)s, %(at)s
FROM advisory a JOIN field f ON f.id = a.site
WHERE f.village = ANY(%(villages)s) AND a.hazard = %(hazard)s AND a.ended IS NULL
  AND (%(crop)s::text IS NULL OR a.crop = %(crop)s)
ON CONFLICT (site, crop, hazard, issued) DO UPDATE
    SET released_by = EXCLUDED.released_by, at = EXCLUDED.at, withdrawn = NULL
    WHERE r.withdrawn IS NOT NULL
RETURNING site

-- name: now
-- The last valid reading of each placement, and of a sum what came together in 24 hours.
SELECT p.quantity, p.field, p.height_m, t.valid_time, t.valid_value, t.qc,
       (SELECT sum(h.sum) FROM reading_hourly h
        WHERE p.quantity = ANY(%(sums)s) AND h.series_id = s.id
          AND h.hour >= %(end)s::timestamptz - interval '24 hours' AND h.hour < %(end)s)
FROM series_tail t
JOIN series s ON s.id = t.series_id
JOIN placement p ON p.id = s.placement
JOIN field f ON f.id = p.field AND f.kind <> 'depot'
WHERE f.village = %(village)s
ORDER BY p.field, p.quantity, p.height_m DESC NULLS LAST, p.id

-- name: days
-- Whole days as they were measured in the open, the mean of the fields; then days of the forecast
-- for the village or its fields, the mean of these places.
SELECT false AS forecast, day, quantity, avg(low), avg(high), avg(total), count(DISTINCT field), NULL
FROM (
    SELECT p.field, p.quantity, (h.hour AT TIME ZONE 'Asia/Shanghai')::date AS day,
           min(h.min) AS low, max(h.max) AS high, sum(h.sum) AS total
    FROM placement p
    JOIN field f ON f.id = p.field AND f.village = %(village)s AND f.kind = 'open'
    JOIN series s ON s.placement = p.id
    JOIN reading_hourly h ON h.series_id = s.id
    WHERE p.quantity IN ('air_temperature', 'precipitation_amount')
      AND h.hour >= %(start)s AND h.hour < %(today)s AND h.count > 0
    GROUP BY p.field, p.id, p.quantity, day
    HAVING count(*) >= 20
) measured
GROUP BY day, quantity
UNION ALL
SELECT true, day, quantity, avg(low), avg(high), avg(total), count(*), min(issued)
FROM (
    SELECT place, quantity, (time AT TIME ZONE 'Asia/Shanghai')::date AS day,
           min(value) AS low, max(value) AS high, sum(value) AS total, min(issued) AS issued
    FROM (
        SELECT DISTINCT ON (p.name, s.quantity, w.time)
               p.name AS place, s.quantity, w.time, w.value, w.issued, w.qc
        FROM weather_place p
        JOIN weather_series s ON s.place = p.number AND s.kind = 'forecast'
        JOIN weather_value w ON w.series_id = s.id
        WHERE p.removed IS NULL
          AND p.name = ANY(ARRAY(SELECT id FROM field
                                 WHERE village = %(village)s AND kind = 'open' AND NOT private)
                           || %(village)s::text)
          AND s.quantity IN ('air_temperature', 'precipitation_amount')
          AND w.time >= %(today)s AND w.time < %(last)s
          AND w.issued <= %(at)s AND w.issued > %(fresh)s
        ORDER BY p.name, s.quantity, w.time, w.issued DESC, w.delivery DESC
    ) newest
    WHERE qc & %(unusable)s = 0
    GROUP BY place, quantity, day
    HAVING count(*) >= 12
) coming
GROUP BY day, quantity
ORDER BY 1, 2, 3
