-- name: save_statuses
INSERT INTO risk_status (site, crop, hazard, time, issued, status, score, certainty, stage_bbch,
    stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated) VALUES %s
ON CONFLICT (site, crop, hazard, time, model_version, inputs_hash) DO NOTHING

-- name: latest_statuses
SELECT DISTINCT ON (r.site, r.crop, r.hazard)
       r.site, r.crop, r.hazard, r.time, r.status, r.score, r.certainty, r.stage_bbch,
       r.stage_source, r.drivers, r.missing, r.data_age_h, r.inputs_hash, r.model_version,
       r.validated, r.issued
FROM risk_status r JOIN field f ON f.id = r.site
WHERE %(village)s::text IS NULL OR f.village = %(village)s
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
    reason_key, reason_params, actions, draft) VALUES %s

-- name: current_advisories
SELECT a.site, a.crop, a.hazard, a.status, a.certainty, a.issued, a.window_from, a.window_to,
       a.reason_key, a.reason_params, a.actions, a.draft
FROM advisory a JOIN field f ON f.id = a.site
WHERE (%(village)s::text IS NULL OR f.village = %(village)s) AND a.ended IS NULL
ORDER BY a.status DESC, a.site, a.crop, a.hazard
