-- name: one_look
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: fields
SELECT c.zh, v.id, v.zh, f.id, f.zh, f.kind, f.area_ha, f.area_ha * 15, v.longitude, v.latitude, v.position,
       s.crop, s.variety, s.sown, s.harvested
FROM field f JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
LEFT JOIN LATERAL (
    SELECT crop, variety, sown, harvested FROM season WHERE field = f.id
    ORDER BY sown DESC, crop LIMIT 1
) s ON true
WHERE NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY v.county, v.id, f.id

-- name: nodes
SELECT c.zh, v.id, v.zh, f.id, n.id, n.board, n.enrolled, n.last_seen,
       NOT EXISTS (SELECT FROM node_key k WHERE k.node = n.id AND k.retired IS NULL)
FROM node n JOIN field f ON f.id = n.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY v.county, v.id, n.id

-- name: statuses
SELECT c.zh, v.id, v.zh, f.id, r.crop, r.hazard, r.hazard,
       ((r.time - interval '1 second') AT TIME ZONE 'Asia/Shanghai')::date,
       r.status, r.status, r.score, r.certainty, r.stage_bbch, r.missing, r.validated,
       r.model_version, r.issued
FROM risk_status r JOIN field f ON f.id = r.site JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE r.time > %(start)s AND r.time <= %(end)s AND NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY r.site, r.crop, r.hazard, r.time, r.id

-- name: advice
SELECT c.zh, v.id, v.zh, f.id, a.crop, a.hazard, a.hazard, a.status, a.status, a.certainty, a.issued,
       a.window_from, a.window_to, a.actions, a.draft, a.ended, r.released_by, r.at
FROM advisory a JOIN field f ON f.id = a.site JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
LEFT JOIN advisory_release r USING (site, crop, hazard, issued)
WHERE a.issued >= %(start)s AND a.issued < %(end)s AND NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY a.issued, a.id

-- name: reports
SELECT c.zh, v.id, v.zh, f.id, r.crop, r.hazard, r.hazard, r.date, r.found, r.treated, r.severity, r.grade,
       r.source, r.observer, r.note
FROM (
    SELECT DISTINCT ON (site, crop, hazard, date, source, observer) *
    FROM scouting_report WHERE date >= %(first)s AND date <= %(last)s
    ORDER BY site, crop, hazard, date, source, observer, id DESC
) r JOIN field f ON f.id = r.site JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY r.date, r.id

-- name: works
SELECT c.zh, v.id, v.zh, f.id, n.kind, n.kind, n.date, n.recorded_by, n.product, n.target, n.dose, n.amount_mm,
       n.area_ha, n.interval_d, n.note
FROM (
    SELECT DISTINCT ON (field, kind, date, recorded_by, entry) *
    FROM field_work WHERE entry = '' AND date >= %(first)s AND date <= %(last)s
    ORDER BY field, kind, date, recorded_by, entry, id DESC
) n JOIN field f ON f.id = n.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE n.done AND NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
UNION ALL
SELECT c.zh, v.id, v.zh, f.id, n.kind, n.kind, n.date, n.recorded_by, n.product, n.target, n.dose, n.amount_mm,
       n.area_ha, n.interval_d, n.note
FROM (
    SELECT DISTINCT ON (entry) * FROM field_work WHERE entry <> '' ORDER BY entry, id DESC
) n JOIN field f ON f.id = n.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE n.done AND n.date >= %(first)s AND n.date <= %(last)s AND NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY 7, 4, 5

-- name: traps
SELECT c.zh, v.id, v.zh, f.id, t.insect, t.insect, t.trap, t.date, t.nights, t.count, t.observer, t.note
FROM (
    SELECT DISTINCT ON (field, insect, trap, date, observer) *
    FROM trap_count WHERE date >= %(first)s AND date <= %(last)s
    ORDER BY field, insect, trap, date, observer, id DESC
) t JOIN field f ON f.id = t.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY t.date, t.id

-- name: series
SELECT s.id, p.id, p.quantity, p.height_m, f.id, v.id, v.zh, v.county, c.zh, v.longitude, v.latitude
FROM series s JOIN placement p ON p.id = s.placement JOIN field f ON f.id = p.field JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY s.id

-- name: hours
SELECT series_id, extract(epoch FROM hour)::float8, mean, min, max, sum, completeness, qc
FROM reading_hourly
WHERE series_id = ANY(%(series)s) AND hour >= %(start)s AND hour < %(end)s
ORDER BY series_id, hour

-- name: questions
SELECT DISTINCT r.site, r.crop, r.hazard, v.id, v.zh, v.county, c.zh, v.longitude, v.latitude
FROM risk_status r JOIN field f ON f.id = r.site JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE r.time > %(start)s AND r.time <= %(end)s AND NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY 1, 2, 3

-- name: answers
SELECT r.site, r.crop, r.hazard, extract(epoch FROM r.time)::float8,
       extract(epoch FROM r.issued)::float8, r.status, r.score, r.certainty, r.stage_bbch,
       r.validated, r.missing, r.model_version
FROM risk_status r JOIN field f ON f.id = r.site JOIN village v ON v.id = f.village JOIN county c ON c.code = v.county
WHERE r.time > %(start)s AND r.time <= %(end)s AND NOT f.private
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
    AND %(county)s IN ('', v.county)
ORDER BY r.site, r.crop, r.hazard, r.time, r.id
