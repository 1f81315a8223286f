-- name: prepared
-- What this transaction's session has prepared.
SELECT ARRAY(SELECT name FROM pg_prepared_statements)::text[]

-- name: limited
-- As the first statement of a page it bounds those that follow, and says which of them are prepared.
SELECT ARRAY(SELECT name FROM pg_prepared_statements)::text[]
FROM set_config('statement_timeout', %(limit_ms)s, true)
