-- Services need no right to make or drop tables: what has to be made or dropped is done by functions
-- with their owner's rights, which take nothing from the caller's search_path.

-- Makes the partition that holds an instant; does nothing where TimescaleDB makes its own.
-- ATTACH takes a weaker lock than CREATE ... PARTITION OF, so writers of other months go on.
-- After the lock, to_regclass would still say what this session knew before it waited.
-- Done with the owner's rights, for whoever may write readings; grants do not come back with a backup,
-- so it is asked here. Frames tell the time in 32 bits: no partition is made beyond.
CREATE OR REPLACE FUNCTION ensure_reading_partition(instant timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    first_day date := date_trunc('month', instant AT TIME ZONE 'UTC')::date;
    next_day date := (first_day + interval '1 month')::date;
    name text := 'reading_' || to_char(first_day, 'YYYYMM');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = 'reading'::regclass) THEN
        RETURN NULL;
    END IF;
    -- by its schema: a temporary table of that name is another one
    IF to_regclass(format('%I.%I', (
        SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'reading'::regclass
    ), name)) IS NOT NULL THEN
        RETURN name;
    END IF;
    IF NOT has_table_privilege(session_user, 'reading'::regclass, 'INSERT') THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'permission denied for table reading: %s may not write readings', session_user);
    END IF;
    IF instant < '1970-01-01 00:00+00' OR instant >= '2106-03-01 00:00+00' THEN
        RAISE datetime_field_overflow USING MESSAGE = format(
            'no partition of reading is made for %s', instant);
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('nongqing.reading.partition'));
    IF NOT EXISTS (
        SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'reading'::regclass AND c.relname = name
    ) THEN
        EXECUTE format(
            'CREATE TABLE %I (LIKE reading INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
        EXECUTE format(
            'ALTER TABLE %I ADD CHECK (time >= %L::timestamptz AND time < %L::timestamptz)',
            name, first_day || ' 00:00+00', next_day || ' 00:00+00');
        EXECUTE format(
            'ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, first_day || ' 00:00+00', next_day || ' 00:00+00');
    END IF;
    RETURN name;
END
$$;

-- Compresses chunks that ended before an instant; returns how many. Without TimescaleDB: none.
CREATE OR REPLACE FUNCTION compress_readings_before(instant timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    done integer := 0;
    chunk record;
BEGIN
    IF NOT has_table_privilege(session_user, 'reading'::regclass, 'UPDATE') THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'permission denied for table reading: %s may not change readings', session_user);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        RETURN 0;
    END IF;
    FOR chunk IN
        SELECT format('%I.%I', chunk_schema, chunk_name)::regclass AS name
        FROM timescaledb_information.chunks
        WHERE hypertable_name = 'reading' AND NOT is_compressed AND range_end <= instant
          AND current_setting('timescaledb.license', true) = 'timescale'
    LOOP
        PERFORM compress_chunk(chunk.name);
        done := done + 1;
    END LOOP;
    RETURN done;
END
$$;

-- Drops the months (or chunks) of readings that ended before an instant; returns how many.
-- Hourly values, frames and conflicts stay. A month's table goes with its parent locked: behind a
-- reader of minutes this gives up after five seconds, as every writer would wait behind it.
CREATE OR REPLACE FUNCTION drop_readings_before(instant timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '5s' AS $$
DECLARE
    done integer := 0;
    part record;
BEGIN
    IF NOT has_table_privilege(session_user, 'reading'::regclass, 'DELETE') THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'permission denied for table reading: %s may not delete readings', session_user);
    END IF;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        SELECT count(*) INTO done FROM drop_chunks('reading', older_than => instant);
        RETURN done;
    END IF;
    FOR part IN
        SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'reading'::regclass
          AND (to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month')
              AT TIME ZONE 'UTC' <= instant
    LOOP
        EXECUTE format('DROP TABLE %I', part.name);
        done := done + 1;
    END LOOP;
    RETURN done;
END
$$;

-- Temporary tables come last: a caller's own "reading" is not looked at.
DO $$
DECLARE
    path text := (
        SELECT string_agg(quote_ident(name), ', ' ORDER BY rank) FROM (
            SELECT current_schema()::text AS name, 1 AS rank
            UNION ALL
            SELECT n.nspname, 2 FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname = 'timescaledb' AND n.nspname <> current_schema()
        ) s) || ', pg_temp';
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'ensure_reading_partition', 'compress_readings_before', 'drop_readings_before'] LOOP
        EXECUTE format('ALTER FUNCTION %I(timestamptz) SET search_path = %s', name, path);
    END LOOP;
END
$$;
