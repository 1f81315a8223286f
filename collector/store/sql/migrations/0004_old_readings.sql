-- Old readings: compressed where TimescaleDB can, and dropped by whole months on request.

-- Compresses chunks that ended before an instant; returns how many. Without TimescaleDB: none.
CREATE FUNCTION compress_readings_before(instant timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    done integer := 0;
    chunk record;
BEGIN
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
-- Hourly values, frames and conflicts stay.
CREATE FUNCTION drop_readings_before(instant timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    done integer := 0;
    part record;
BEGIN
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
