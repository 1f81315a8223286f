-- name: try_lead
SELECT pg_try_advisory_lock(hashtext('nongqing.jobs'))

-- name: alive
SELECT 1
