-- name: lock_statuses
SELECT pg_advisory_xact_lock(hashtext('nongqing.risk_status'))

-- name: save_statuses
INSERT INTO risk_status (site, crop, hazard, time, issued, status, score, certainty, stage_bbch,
    stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated)
SELECT v.*
FROM (VALUES %s) AS v (site, crop, hazard, time, issued, status, score, certainty, stage_bbch,
    stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated)
LEFT JOIN LATERAL (
    SELECT r.* FROM risk_status r
    WHERE r.site = v.site AND r.crop = v.crop AND r.hazard = v.hazard AND r.time = v.time
    ORDER BY r.id DESC LIMIT 1
) AS n ON true
WHERE (n.status, n.score, n.certainty, n.stage_bbch, n.stage_source, n.drivers, n.missing,
       n.inputs_hash, n.model_version, n.validated)
    IS DISTINCT FROM
      (v.status, v.score, v.certainty, v.stage_bbch, v.stage_source, v.drivers, v.missing,
       v.inputs_hash, v.model_version, v.validated)

-- name: latest_statuses
SELECT DISTINCT ON (r.site, r.crop, r.hazard)
       r.site, r.crop, r.hazard, r.time, r.status, r.score, r.certainty, r.stage_bbch,
       r.stage_source, r.drivers, r.missing, r.data_age_h, r.inputs_hash, r.model_version,
       r.validated, r.issued
FROM risk_status r JOIN field f ON f.id = r.site
WHERE (%(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private))
  AND r.time < %(until)s
ORDER BY r.site, r.crop, r.hazard, r.time DESC, r.id DESC

-- name: status_history
SELECT site, crop, hazard, time, status, score, certainty, stage_bbch,
       stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated, issued
FROM risk_status
WHERE site = %(site)s AND hazard = %(hazard)s AND time >= %(start)s AND time < %(end)s
ORDER BY time, id

-- name: end_advisories
UPDATE advisory a SET ended = %(at)s
FROM unnest(%(sites)s::text[], %(crops)s::text[], %(hazards)s::text[]) AS e (site, crop, hazard)
WHERE (a.site, a.crop, a.hazard) = (e.site, e.crop, e.hazard) AND a.ended IS NULL

-- name: save_advisories
INSERT INTO advisory (site, crop, hazard, status, certainty, issued, window_from, window_to,
    confirmed, reason_key, reason_params, actions, draft)
SELECT site, crop, hazard, status, certainty, issued, window_from, window_to,
       confirmed, reason_key, reason_params, actions, draft
FROM json_to_recordset(%(rows)s) AS given (site text, crop text, hazard text, status smallint,
    certainty float8, issued timestamptz, window_from timestamptz, window_to timestamptz,
    confirmed timestamptz, reason_key text, reason_params jsonb, actions text[], draft boolean)

-- name: current_advisories
SELECT a.site, a.crop, a.hazard, a.status, a.certainty, a.issued, a.window_from, a.window_to,
       a.confirmed, a.reason_key, a.reason_params, a.actions, a.draft, s.hours
FROM advisory a
JOIN field f ON f.id = a.site
LEFT JOIN spraying_hours s ON s.field = a.site
WHERE (%(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private))
  AND a.ended IS NULL
ORDER BY a.status DESC, a.site, a.crop, a.hazard

-- name: newest_status
SELECT coalesce(max(id), 0) FROM risk_status

-- name: village_worst
WITH newest AS (
    SELECT DISTINCT ON (r.site, r.crop, r.hazard)
           f.village, r.hazard, r.status, r.validated, r.certainty,
           r.status = %(cannot_say)s AND r.data_age_h IS NULL AS unmeasured
    FROM risk_status r JOIN field f ON f.id = r.site
    WHERE NOT f.private AND r.time >= %(since)s AND r.time < %(until)s
      AND r.hazard <> ALL(%(unlevelled)s::text[])
    ORDER BY r.site, r.crop, r.hazard, r.time DESC, r.id DESC
), of_hazard AS (
    SELECT village, hazard, status, validated, unmeasured, max(certainty) AS certainty
    FROM newest GROUP BY village, hazard, status, validated, unmeasured
), of_status AS (
    SELECT village, status, validated, unmeasured,
           array_agg(hazard ORDER BY certainty DESC NULLS LAST, hazard) AS hazards
    FROM of_hazard GROUP BY village, status, validated, unmeasured
)
SELECT DISTINCT ON (village) village, status, validated, hazards[1:2]
FROM of_status
ORDER BY village, unmeasured, (validated AND status = ANY(%(warnings)s)) DESC,
         (%(gravity)s::integer[])[status + 1] DESC, validated DESC
