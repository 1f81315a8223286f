-- name: drop_rows
DELETE FROM outlook_skill

-- name: put_rows
INSERT INTO outlook_skill (source, quantity, truth, lead, at, places, pairs, weeks, first, last, bias,
    mae, rmse, common, score, persistence, climatology, skill, low, high, rain, reliability, same_pairs,
    same_mae) VALUES %s

-- name: rows
SELECT source, quantity, truth, lead, places, pairs, weeks, first - date '1970-01-01',
       last - date '1970-01-01', bias, mae, rmse, common, score, persistence, climatology, skill, low,
       high, rain, reliability, same_pairs, same_mae
FROM outlook_skill ORDER BY source, quantity, truth, lead

-- name: judged_places
SELECT DISTINCT p.name, p.longitude, p.latitude
FROM weather_series s JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
WHERE s.kind = 'forecast' AND s.quantity = ANY(%(quantities)s)
ORDER BY p.name

-- name: as_issued
-- Forecasts of a place as they were issued: of each hour and lead day the newest. A lead day is a
-- span of 24 hours before the beginning of the local day (UTC+8) that holds the hour.
SELECT source, quantity, lead, array_agg(hour ORDER BY hour), array_agg(value ORDER BY hour)
FROM (
    SELECT DISTINCT ON (d.source, s.quantity, l.lead, w.time)
           d.source, s.quantity, l.lead, (extract(epoch FROM w.time) / 3600)::integer AS hour,
           w.value, w.qc
    FROM weather_series s
    JOIN weather_place p ON p.number = s.place AND p.removed IS NULL
    JOIN weather_value w ON w.series_id = s.id
    JOIN weather_delivery d ON d.id = w.delivery
    CROSS JOIN LATERAL (
        SELECT floor((floor((extract(epoch FROM w.time) + 28800) / 86400) * 86400 - 28800
            - extract(epoch FROM w.issued)) / 86400)::integer + 1 AS lead
    ) l
    WHERE s.kind = 'forecast' AND p.name = %(place)s AND s.quantity = ANY(%(quantities)s)
      AND w.time >= %(start)s AND w.time < %(end)s AND l.lead BETWEEN 1 AND %(leads)s
    ORDER BY d.source, s.quantity, l.lead, w.time, w.issued DESC, w.delivery DESC
) newest WHERE qc & %(unusable)s = 0
GROUP BY source, quantity, lead
ORDER BY source, quantity, lead
