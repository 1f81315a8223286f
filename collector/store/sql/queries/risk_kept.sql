-- name: number_fields
-- Every field gets its number once; numbers follow each other without gaps.
INSERT INTO kept_field (number, field)
SELECT (SELECT coalesce(max(number) + 1, 0) FROM kept_field) + row_number() OVER (ORDER BY f.id) - 1, f.id
FROM field f WHERE NOT EXISTS (SELECT FROM kept_field k WHERE k.field = f.id)

-- name: numbers
SELECT field, number FROM kept_field ORDER BY number

-- name: lock
SELECT pg_advisory_xact_lock(hashtext('nongqing.risk_kept'))

-- name: is_newer
-- Of each 24 hours the outlook that was issued last is kept, whatever is computed again.
SELECT NOT EXISTS (
    SELECT FROM risk_issue WHERE next_day = %(next_day)s AND issued >= %(issued)s
)

-- name: drop_issue
DELETE FROM risk_issue WHERE next_day = %(next_day)s

-- name: put_issue
INSERT INTO risk_issue (next_day, issued, first_forecast, last_forecast, delivery)
SELECT %(next_day)s, %(issued)s, %(first)s, %(last)s, coalesce(max(id), 0) FROM weather_delivery

-- name: put_said
INSERT INTO risk_said (next_day, crop, hazard, day, model_version, classes, chances, inputs) VALUES %s

-- name: came_of_day
SELECT crop, hazard, model_version, classes, chances FROM risk_came
WHERE day = %(day)s AND (hazard, model_version) IN (
    SELECT * FROM unnest(%(hazards)s::text[], %(versions)s::text[])
)

-- name: put_came
INSERT INTO risk_came (day, crop, hazard, model_version, classes, chances, changed) VALUES %s
ON CONFLICT (day, crop, hazard, model_version) DO UPDATE
SET classes = excluded.classes, chances = excluded.chances, changed = excluded.changed

-- name: drop_issues_before
DELETE FROM risk_issue WHERE next_day < %(day)s

-- name: drop_came_before
DELETE FROM risk_came WHERE day < %(day)s
