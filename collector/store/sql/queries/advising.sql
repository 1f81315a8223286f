-- name: seen
SELECT status, by_code FROM advice_judged

-- name: newest
SELECT coalesce(max(id), 0) FROM risk_status

-- name: keep_seen
INSERT INTO advice_judged (status, by_code) VALUES (%(status)s, %(by_code)s)
ON CONFLICT (one) DO UPDATE SET status = EXCLUDED.status, by_code = EXCLUDED.by_code

-- name: choose
CREATE TEMPORARY TABLE judged_anew ON COMMIT DROP AS
SELECT r.site, r.crop, r.hazard
FROM risk_status r
LEFT JOIN advisory a ON (a.site, a.crop, a.hazard) = (r.site, r.crop, r.hazard) AND a.ended IS NULL
WHERE r.id > %(status)s AND r.time >= %(since)s AND r.time < %(until)s
  AND (r.status = ANY(%(warnings)s) OR a.id IS NOT NULL)
UNION
SELECT r.site, r.crop, r.hazard
FROM risk_status r
WHERE r.time >= %(since)s AND r.time < %(until)s AND r.hazard = ANY(%(read)s)
  AND r.status = ANY(%(warnings)s)
UNION
SELECT a.site, a.crop, a.hazard
FROM advisory a
WHERE a.ended IS NULL
  AND (%(held)s::text[] IS NULL OR a.hazard = ANY(%(held)s) OR NOT EXISTS (
      SELECT FROM risk_status r
      WHERE (r.site, r.crop, r.hazard) = (a.site, a.crop, a.hazard)
        AND r.time >= %(since)s AND r.time < %(until)s))

-- name: analyse
ANALYZE judged_anew

-- name: statuses
SELECT r.site, r.crop, r.hazard, r.time, r.status, r.score, r.certainty, r.stage_bbch,
       r.stage_source, r.drivers, r.missing, r.data_age_h, r.inputs_hash, r.model_version,
       r.validated, r.issued
FROM judged_anew k
JOIN field f ON f.id = k.site
CROSS JOIN LATERAL (
    SELECT * FROM risk_status s
    WHERE s.site = k.site AND s.crop = k.crop AND s.hazard = k.hazard
      AND s.time >= %(since)s AND s.time < %(until)s
    ORDER BY s.time DESC, s.id DESC LIMIT 1
) r
ORDER BY r.site, r.crop, r.hazard

-- name: held
SELECT a.site, a.crop, a.hazard, a.status, a.certainty, a.issued, a.window_from, a.window_to,
       a.confirmed, a.reason_key, a.reason_params, a.actions, a.draft, NULL
FROM judged_anew k
JOIN advisory a ON (a.site, a.crop, a.hazard) = (k.site, k.crop, k.hazard) AND a.ended IS NULL
JOIN field f ON f.id = a.site

-- name: in_force
SELECT count(*) FROM advisory a JOIN field f ON f.id = a.site WHERE a.ended IS NULL
