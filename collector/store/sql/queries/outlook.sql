-- name: drop_outlook
DELETE FROM risk_outlook

-- name: put_outlook
INSERT INTO risk_outlook (site, crop, hazard, time, issued, status, score, certainty, stage_bbch,
    stage_source, drivers, missing, data_age_h, inputs_hash, model_version, validated,
    forecast_issued) VALUES %s

-- name: outlook
SELECT o.site, o.crop, o.hazard, o.time, o.issued, o.status, o.score, o.certainty, o.stage_bbch,
       o.stage_source, o.drivers, o.missing, o.data_age_h, o.inputs_hash, o.model_version,
       o.validated, o.forecast_issued, 'forecast' AS source
FROM risk_outlook o JOIN field f ON f.id = o.site
WHERE (%(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private))
  AND o.time > %(at)s
ORDER BY o.site, o.crop, o.hazard, o.time
