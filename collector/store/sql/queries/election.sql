-- name: try_lead
SELECT pg_try_advisory_xact_lock(hashtext('nongqing.jobs'))
FROM set_config('idle_in_transaction_session_timeout', '0', true)

-- name: alive
SELECT 1
