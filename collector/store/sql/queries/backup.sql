-- name: whole_snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: one_form
-- How values are written does not depend on the server's settings or on who asks.
SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
       set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '1', true),
       set_config('bytea_output', 'hex', true),
       set_config('idle_in_transaction_session_timeout', '0', true)

-- name: export_snapshot
SELECT pg_export_snapshot()

-- name: here
SELECT current_schema(), current_setting('server_version_num')::int / 10000

-- name: timescale_offered
SELECT FROM pg_available_extension_versions WHERE name = 'timescaledb' AND version = %(version)s

-- name: timescale_add
CREATE EXTENSION IF NOT EXISTS timescaledb VERSION {version}

-- name: timescale_there
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'

-- name: timescale_aside
SELECT timescaledb_pre_restore()

-- name: timescale_back
SELECT timescaledb_post_restore()

-- name: tables
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname

-- name: checksum
-- Of a table whatever its order: rows, and the sum of 60 bits of each row's MD5.
SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text
FROM {table} t
