-- name: put
INSERT INTO field_work (field, kind, date, recorded_by, done, product, target, amount_mm, note,
    origin, received) VALUES %s

-- name: kept
SELECT DISTINCT ON (w.field, w.kind, w.date, w.recorded_by)
       w.field, w.kind, w.date, w.recorded_by, w.done, w.product, w.target, w.amount_mm, w.note,
       w.origin
FROM field_work w
JOIN (VALUES %s) AS v (field, kind, date, recorded_by)
    ON (w.field, w.kind, w.date, w.recorded_by) = (v.field, v.kind, v.date, v.recorded_by)
ORDER BY w.field, w.kind, w.date, w.recorded_by, w.id DESC

-- name: recorded
SELECT n.field, n.kind, n.date, n.recorded_by, n.done, n.product, n.target, n.amount_mm, n.note,
       n.origin
FROM (
    SELECT DISTINCT ON (field, kind, date, recorded_by) *
    FROM field_work ORDER BY field, kind, date, recorded_by, id DESC
) n JOIN field f ON f.id = n.field
WHERE n.done AND (%(village)s::text IS NULL OR f.village = %(village)s)
ORDER BY n.date, n.field, n.kind, n.recorded_by
