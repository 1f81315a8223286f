-- name: issues
SELECT next_day, issued FROM risk_issue ORDER BY next_day

-- name: said
SELECT next_day, day, crop, model_version, classes, chances FROM risk_said
WHERE hazard = %(hazard)s ORDER BY next_day, day, crop

-- name: came
SELECT day, crop, classes, chances FROM risk_came
WHERE hazard = %(hazard)s AND model_version = %(version)s AND day < %(before)s ORDER BY day, crop

-- name: drop_rows
DELETE FROM risk_outlook_skill

-- name: put_rows
INSERT INTO risk_outlook_skill (hazard, against, lead, at, figures) VALUES %s

-- name: rows
SELECT figures FROM risk_outlook_skill WHERE against = %(against)s ORDER BY hazard, lead
