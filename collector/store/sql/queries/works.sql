-- name: put
INSERT INTO field_work (field, kind, date, recorded_by, done, product, target, amount_mm, note,
    origin, dose, area_ha, interval_d, entry, received) VALUES %s

-- name: kept
SELECT DISTINCT ON (w.field, w.kind, w.date, w.recorded_by, w.entry)
       w.field, w.kind, w.date, w.recorded_by, w.done, w.product, w.target, w.amount_mm, w.note,
       w.origin, w.dose, w.area_ha, w.interval_d, w.entry
FROM field_work w
JOIN (VALUES %s) AS v (field, kind, date, recorded_by)
    ON (w.field, w.kind, w.date, w.recorded_by) = (v.field, v.kind, v.date, v.recorded_by)
WHERE w.entry = ''
ORDER BY w.field, w.kind, w.date, w.recorded_by, w.entry, w.id DESC

-- name: diary
SELECT n.field, n.kind, n.date, n.recorded_by, n.done, n.product, n.target, n.amount_mm, n.note,
       n.origin, n.dose, n.area_ha, n.interval_d, n.entry
FROM (
    SELECT DISTINCT ON (kind, date, recorded_by, entry) *
    FROM field_work WHERE field = %(field)s AND entry = ''
    ORDER BY kind, date, recorded_by, entry, id DESC
) n WHERE n.done
UNION ALL
SELECT n.field, n.kind, n.date, n.recorded_by, n.done, n.product, n.target, n.amount_mm, n.note,
       n.origin, n.dose, n.area_ha, n.interval_d, n.entry
FROM (
    SELECT DISTINCT ON (entry) *
    FROM field_work WHERE field = %(field)s AND entry <> '' ORDER BY entry, id DESC
) n WHERE n.done
ORDER BY 3 DESC, 2, 14

-- name: recorded
SELECT n.field, n.kind, n.date, n.recorded_by, n.done, n.product, n.target, n.amount_mm, n.note,
       n.origin, n.dose, n.area_ha, n.interval_d, n.entry
FROM (
    SELECT DISTINCT ON (field, kind, date, recorded_by) *
    FROM field_work WHERE entry = '' ORDER BY field, kind, date, recorded_by, id DESC
) n JOIN field f ON f.id = n.field
WHERE n.done AND (%(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private))
UNION ALL
SELECT n.field, n.kind, n.date, n.recorded_by, n.done, n.product, n.target, n.amount_mm, n.note,
       n.origin, n.dose, n.area_ha, n.interval_d, n.entry
FROM (
    SELECT DISTINCT ON (entry) * FROM field_work WHERE entry <> '' ORDER BY entry, id DESC
) n JOIN field f ON f.id = n.field
WHERE n.done AND (%(village)s::text IS NULL OR (f.village = %(village)s AND NOT f.private))
ORDER BY 3, 1, 2, 4
