-- Two collectors at the first frame of a month: the one that waited for the other's partition did
-- not see it. After the lock, to_regclass would still say what this session knew before it waited.
CREATE OR REPLACE FUNCTION ensure_reading_partition(instant timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    first_day date := date_trunc('month', instant AT TIME ZONE 'UTC')::date;
    next_day date := (first_day + interval '1 month')::date;
    name text := 'reading_' || to_char(first_day, 'YYYYMM');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = 'reading'::regclass) THEN
        RETURN NULL;
    END IF;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN name;
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
