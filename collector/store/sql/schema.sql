-- The backbone: registry, frame log, readings, roll-ups, risk, jobs.
-- Times are timestamptz in UTC. Values are in the units of firmware/wire/quantities.py.

-- Registry: places ---------------------------------------------------------------------------

CREATE TABLE county (
    code text PRIMARY KEY,
    zh text NOT NULL,
    en text NOT NULL
);

CREATE TABLE township (
    code text PRIMARY KEY,
    county text NOT NULL REFERENCES county,
    zh text NOT NULL,
    en text NOT NULL
);

CREATE TABLE village (
    id text PRIMARY KEY,
    zh text NOT NULL,
    en text NOT NULL,
    county text NOT NULL REFERENCES county,
    township text REFERENCES township,
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    position text NOT NULL CHECK (position IN ('illustrative', 'surveyed', 'unknown')),
    -- the village that took this one in
    merged_into text REFERENCES village,
    CHECK (merged_into <> id),
    CONSTRAINT village_position_known
        CHECK (num_nulls(longitude, latitude) = CASE position WHEN 'unknown' THEN 2 ELSE 0 END)
);
CREATE INDEX village_township ON village (township);

-- a township, or the county of a village without one
CREATE INDEX village_place ON village ((coalesce(township, county)));

CREATE TABLE field (
    id text PRIMARY KEY,
    village text NOT NULL REFERENCES village,
    zh text NOT NULL,
    en text NOT NULL,
    -- depot: where a logger is at home between rides; no crop, and on no public page
    kind text NOT NULL CHECK (kind IN ('open', 'greenhouse', 'depot')),
    area_ha double precision CHECK (area_ha > 0),
    -- one that people keep themselves: on no public page
    private boolean NOT NULL DEFAULT false,
    -- for the water account: FAO-56's Tables 19 and 20, the well, and what may be taken of it in a season
    texture text CHECK (texture IN ('sand', 'loamy_sand', 'sandy_loam', 'loam', 'silt_loam',
        'silt', 'silt_clay_loam', 'silty_clay', 'clay')),
    method text CHECK (method IN ('flood', 'border', 'furrow', 'furrow_wide',
        'furrow_alternate', 'sprinkler', 'drip')),
    well text CHECK (well <> ''),
    allocation_m3 double precision CHECK (allocation_m3 >= 0),
    CONSTRAINT field_depot_private CHECK (kind <> 'depot' OR private)
);
CREATE INDEX field_village ON field (village);

CREATE TABLE season (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    crop text NOT NULL,
    variety text,
    resistance text CHECK (resistance IN ('VS', 'S', 'MS', 'MR')),
    sown date NOT NULL,
    previous_crop text,
    harvested date CHECK (harvested >= sown),
    -- sown into the standing crop before it
    relay boolean NOT NULL DEFAULT false,
    UNIQUE (field, crop, sown)
);

CREATE TABLE stage_observation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    crop text NOT NULL,
    date date NOT NULL,
    bbch smallint NOT NULL CHECK (bbch BETWEEN 0 AND 99),
    observer text NOT NULL,
    UNIQUE (field, crop, date, bbch)
);

CREATE TABLE placement (
    id text PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    quantity text NOT NULL,
    height_m double precision,
    wet_threshold double precision CHECK (wet_threshold BETWEEN 70 AND 100),
    CHECK (wet_threshold IS NULL OR quantity = 'relative_humidity')
);
CREATE INDEX placement_field ON placement (field);

CREATE TABLE series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    placement text NOT NULL UNIQUE REFERENCES placement
);

-- Registry: devices --------------------------------------------------------------------------

CREATE TABLE layout (
    id bytea PRIMARY KEY CHECK (length(id) = 4),
    board text,
    channels jsonb NOT NULL,
    known_since timestamptz NOT NULL
);

CREATE TABLE node (
    id text PRIMARY KEY,
    board text NOT NULL,
    field text NOT NULL REFERENCES field,
    layout bytea REFERENCES layout,
    enrolled timestamptz,
    last_seen timestamptz,
    -- the version of the registry that last changed it, its keys or what its channels serve
    changed bigint NOT NULL DEFAULT 0,
    -- Ed25519, public: whose updates the node takes; NULL: it takes none
    update_key bytea CHECK (octet_length(update_key) = 32)
);
CREATE INDEX node_field ON node (field);

CREATE TABLE node_key (
    node text NOT NULL REFERENCES node,
    epoch integer NOT NULL CHECK (epoch > 0),
    encrypted bytea NOT NULL,
    created timestamptz NOT NULL,
    retired timestamptz,
    -- retired because its node was taken away, not because a later epoch took over
    revoked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (node, epoch),
    CHECK (NOT revoked OR retired IS NOT NULL)
);
CREATE UNIQUE INDEX node_key_current ON node_key (node) WHERE retired IS NULL;

CREATE TABLE revocation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    at timestamptz NOT NULL,
    reason text NOT NULL,
    revoked_by text NOT NULL
);
CREATE INDEX revocation_node ON revocation (node, at);

-- valid_from NULL: since the device exists; valid_to NULL: until further notice.
CREATE TABLE assignment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    channel smallint NOT NULL,
    placement text NOT NULL REFERENCES placement,
    valid_from timestamptz,
    valid_to timestamptz,
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to)
);
CREATE UNIQUE INDEX assignment_current ON assignment (node, channel) WHERE valid_to IS NULL;
CREATE INDEX assignment_channel ON assignment (node, channel);

CREATE TABLE registry_import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    source text NOT NULL,
    counts jsonb NOT NULL
);

-- One row; every change of the registry raises it, so that readers know when to read again.
CREATE TABLE registry_version (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    version bigint NOT NULL
);
INSERT INTO registry_version (version) VALUES (1);

-- The clocks of the machines that take frames in. received: the newest time that was sure;
-- doubt: why the clock is in doubt, a word of clock_doubt; accepted: how often a person has
-- accepted it as it is.
CREATE TABLE server_clock (
    host text PRIMARY KEY,
    received timestamptz,
    said timestamptz NOT NULL,
    doubt text,
    accepted bigint NOT NULL DEFAULT 0,
    accepted_by text
);

CREATE TABLE setting (
    key text PRIMARY KEY,
    value text NOT NULL,
    changed timestamptz NOT NULL
);

-- What arrived -------------------------------------------------------------------------------

-- The evidence: every authentic frame once, sealed as the node sent it.
CREATE TABLE frame (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    seq bigint NOT NULL,
    received timestamptz NOT NULL,
    layout bytea,
    state text NOT NULL CHECK (
        state IN ('decoded', 'waiting_time', 'waiting_layout', 'dead', 'waiting_clock')),
    sealed bytea NOT NULL,
    UNIQUE (node, epoch, boot, seq)
);
CREATE INDEX frame_waiting_time ON frame (node, epoch, boot) WHERE state = 'waiting_time';
CREATE INDEX frame_waiting_layout ON frame (layout) WHERE state = 'waiting_layout';
CREATE INDEX frame_waiting_clock ON frame (id) WHERE state = 'waiting_clock';

-- Frames whose readings a person has moved to other times: from and to are the boot's start
-- [s since 1970 UTC] that the frame said and that holds now.
CREATE TABLE frame_placement (
    frame_id bigint PRIMARY KEY REFERENCES frame,
    from_s bigint NOT NULL,
    to_s bigint NOT NULL,
    at timestamptz NOT NULL,
    placed_by text NOT NULL,
    reason text NOT NULL
);

-- UTC unix seconds at which a boot began, once a frame of that boot gave it.
CREATE TABLE boot_offset (
    node text NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    unix_s bigint NOT NULL,
    PRIMARY KEY (node, epoch, boot)
);

-- Frames that a node reported as lost; the watermark passes over them.
CREATE TABLE lost_frames (
    node text NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL CHECK (last >= first),
    received timestamptz NOT NULL,
    PRIMARY KEY (node, epoch, boot, first, last)
);

-- All frames of a boot up to and including seq are durable or reported lost.
CREATE TABLE watermark (
    node text NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (node, epoch, boot)
);

CREATE TABLE dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received timestamptz NOT NULL,
    topic text NOT NULL,
    node text NOT NULL,
    frame_id bigint,
    reason text NOT NULL,
    bytes bytea NOT NULL,
    params jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX dead_letter_received ON dead_letter (received);
CREATE UNIQUE INDEX dead_letter_once ON dead_letter (topic, reason, md5(bytes));

CREATE TABLE refusal (
    node text NOT NULL,
    reason text NOT NULL,
    day date NOT NULL,
    count bigint NOT NULL,
    last_received timestamptz NOT NULL,
    last_bytes bytea NOT NULL,
    PRIMARY KEY (node, reason, day)
);

-- Something that a person should look at: a kind and its parameters (field_configs/events.py). Its
-- life: opened; seen by somebody; closed by somebody, or by itself (closed_by NULL) when its cause
-- was gone.
CREATE TABLE maintenance_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    node text,
    opened timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    count bigint NOT NULL DEFAULT 1,
    closed timestamptz,
    params jsonb NOT NULL DEFAULT '{}',
    seen timestamptz,
    seen_by text,
    closed_by text,
    note text
);
CREATE UNIQUE INDEX maintenance_item_open ON maintenance_item (kind, subject) WHERE closed IS NULL;
CREATE INDEX maintenance_item_closed ON maintenance_item (closed DESC) WHERE closed IS NOT NULL;

-- Readings -----------------------------------------------------------------------------------

-- No foreign keys here: each would cost a look-up per row, and the importer wrote both ends.
-- A missing value is NULL with quality bit 128.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        CREATE TABLE reading (
            series_id integer NOT NULL,
            time timestamptz NOT NULL,
            value double precision,
            qc smallint NOT NULL,
            frame_id bigint NOT NULL,
            PRIMARY KEY (series_id, time)
        );
        PERFORM create_hypertable('reading', 'time', chunk_time_interval => interval '1 month');
        -- The Apache edition has no compression.
        IF current_setting('timescaledb.license', true) = 'timescale' THEN
            ALTER TABLE reading SET (
                timescaledb.compress,
                timescaledb.compress_segmentby = 'series_id',
                timescaledb.compress_orderby = 'time'
            );
        END IF;
    ELSE
        -- in an order that leaves no gaps between columns
        CREATE TABLE reading (
            time timestamptz NOT NULL,
            value double precision,
            frame_id bigint NOT NULL,
            series_id integer NOT NULL,
            qc smallint NOT NULL,
            PRIMARY KEY (series_id, time)
        ) PARTITION BY RANGE (time);
    END IF;
END
$$;

-- Makes the partition that holds an instant; does nothing where TimescaleDB makes its own.
-- ATTACH takes a weaker lock than CREATE ... PARTITION OF, so writers of other months go on.
-- After the lock, to_regclass would still say what this session knew before it waited.
-- Done with the owner's rights, for whoever may write readings; grants do not come back with a backup,
-- so it is asked here. Frames tell the time in 32 bits: no partition is made beyond.
CREATE FUNCTION ensure_reading_partition(instant timestamptz) RETURNS text
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

-- A second, different value for the same series and time, with the frame that brought it.
CREATE TABLE reading_conflict (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision,
    qc smallint NOT NULL,
    frame_id bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (series_id, time, frame_id)
);

-- The newest reading of a series, and since when its value has not changed.
CREATE TABLE series_tail (
    series_id integer PRIMARY KEY,
    time timestamptz NOT NULL,
    value double precision,
    qc smallint NOT NULL,
    valid_time timestamptz,
    valid_value double precision,
    same_since timestamptz
) WITH (fillfactor = 70);

-- Hours whose readings changed since the last roll-up. Rows are only added and deleted: a row
-- is visible exactly when the readings that caused it are.
CREATE TABLE dirty_hour (
    series_id integer NOT NULL,
    hour timestamptz NOT NULL,
    step_s integer NOT NULL
);

-- hour is the start of the hour. completeness: valid samples / expected samples.
CREATE TABLE reading_hourly (
    series_id integer NOT NULL,
    hour timestamptz NOT NULL,
    mean double precision,
    sum double precision,
    min double precision,
    max double precision,
    last double precision,
    count integer NOT NULL,
    completeness real NOT NULL,
    qc smallint NOT NULL,
    PRIMARY KEY (series_id, hour)
);
CREATE INDEX reading_hourly_hour ON reading_hourly USING brin (hour);

-- Answers ------------------------------------------------------------------------------------

CREATE TABLE risk_status (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL,
    crop text NOT NULL,
    hazard text NOT NULL,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 0 AND 4),
    score double precision,
    certainty double precision,
    stage_bbch double precision,
    stage_source text,
    drivers jsonb NOT NULL,
    missing text[] NOT NULL,
    data_age_h double precision,
    inputs_hash text NOT NULL,
    model_version text NOT NULL,
    validated boolean NOT NULL
);
CREATE INDEX risk_status_latest ON risk_status (site, crop, hazard, time DESC, id DESC);
CREATE INDEX risk_status_time ON risk_status USING brin (time) WITH (pages_per_range = 32);

CREATE TABLE advisory (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL,
    crop text NOT NULL,
    hazard text NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 0 AND 4),
    certainty double precision,
    issued timestamptz NOT NULL,
    window_from timestamptz,
    window_to timestamptz,
    reason_key text NOT NULL,
    reason_params jsonb NOT NULL,
    actions text[] NOT NULL,
    draft boolean NOT NULL,
    ended timestamptz,
    confirmed timestamptz NOT NULL
);
CREATE UNIQUE INDEX advisory_current ON advisory (site, crop, hazard) WHERE ended IS NULL;
CREATE INDEX advisory_in_force ON advisory (hazard, crop) WHERE ended IS NULL;
CREATE INDEX advisory_site ON advisory (site);

-- How far the job that issues advice has come: the newest answer that it has seen, and by what code,
-- on which part of which day. One row or none.
CREATE TABLE advice_judged (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    status bigint NOT NULL,
    by_code text NOT NULL
);

-- Hours of the newest forecast that are fit for spraying at a field, as [[from, to], ...]; NULL: nothing
-- is known.
CREATE TABLE spraying_hours (
    field text PRIMARY KEY REFERENCES field ON DELETE CASCADE,
    hours jsonb
);

-- By which delivery of a forecast hours for spraying were told last, and by what code, on which part of
-- which day. One row or none.
CREATE TABLE spraying_told (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    delivery bigint NOT NULL,
    by_code text NOT NULL
);

-- Who released advice to the public, and when. Advice that goes on keeps its date of issue, and with
-- it its release, however often the job writes it anew.
CREATE TABLE advisory_release (
    site text NOT NULL,
    crop text NOT NULL,
    hazard text NOT NULL,
    issued timestamptz NOT NULL,
    released_by text NOT NULL CHECK (released_by <> ''),
    at timestamptz NOT NULL,
    -- when an officer took it back
    withdrawn timestamptz,
    PRIMARY KEY (site, crop, hazard, issued)
);

-- due and finished are on the system's clock (simulated in the demo); seconds are real ones. kind
-- and params say what the job did, or the error; kind is NULL while it runs.
CREATE TABLE job_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job text NOT NULL,
    due timestamptz NOT NULL,
    attempt integer NOT NULL,
    started timestamptz NOT NULL,
    finished timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('running', 'ok', 'failed')),
    seconds double precision,
    kind text,
    params jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX job_run_latest ON job_run (job, id DESC);

-- The skill ledger ------------------------------------------------------------------------------

-- A status that says the same as the newest one for its time is not kept again; that is decided
-- against the newest row, so that an answer that changes to and fro is kept each time.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or deleted; add a new one instead', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER risk_status_stays BEFORE UPDATE OR DELETE ON risk_status
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Photos as they are kept: made smaller, without what the camera wrote into them.
CREATE TABLE photo (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    received timestamptz NOT NULL,
    jpeg bytea NOT NULL
);
ALTER TABLE photo ALTER COLUMN jpeg SET STORAGE EXTERNAL;

-- season: the year in which the crop was sown. The newest report of an observer on a field, hazard
-- and day counts; those before it are kept. grade: how bad, 1 to 5, as the national rules for each
-- pest and disease count it. longitude and latitude (WGS 84): where somebody stood.
CREATE TABLE scouting_report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL REFERENCES field,
    crop text NOT NULL,
    hazard text NOT NULL,
    season smallint NOT NULL,
    date date NOT NULL,
    found boolean NOT NULL,
    treated boolean NOT NULL,
    severity double precision CHECK (severity BETWEEN 0 AND 100),
    source text NOT NULL CHECK (source IN ('scouting', 'answer')),
    observer text NOT NULL,
    note text NOT NULL,
    origin text NOT NULL,
    received timestamptz NOT NULL,
    grade smallint CHECK (grade BETWEEN 1 AND 5),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    photo bigint REFERENCES photo,
    CHECK ((longitude IS NULL) = (latitude IS NULL))
);
CREATE INDEX scouting_report_newest
    ON scouting_report (site, crop, hazard, date, source, observer, id DESC);

-- What was done in a field, as people recorded it. The newest record of a person on a field, kind
-- and day counts; those before it are kept. done: false takes an earlier record back. amount_mm: of
-- an irrigation, NULL where nobody knows. entry names a record of a diary, of which a day may have
-- several; it is '' in files. interval_d: days from a spray to the harvest, by the product's label.
CREATE TABLE field_work (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    kind text NOT NULL CHECK (kind IN (
        'spray', 'irrigation', 'fertilising', 'weeding', 'harvest', 'other')),
    date date NOT NULL,
    recorded_by text NOT NULL,
    done boolean NOT NULL,
    product text NOT NULL,
    target text NOT NULL,
    amount_mm double precision CHECK (amount_mm > 0),
    note text NOT NULL,
    origin text NOT NULL,
    received timestamptz NOT NULL,
    dose text NOT NULL DEFAULT '',
    area_ha double precision CHECK (area_ha > 0),
    interval_d smallint CHECK (interval_d BETWEEN 0 AND 365),
    entry text NOT NULL DEFAULT '',
    CHECK (kind = 'irrigation' OR amount_mm IS NULL)
);
CREATE INDEX field_work_newest ON field_work (field, kind, date, recorded_by, entry, id DESC);
CREATE INDEX field_work_entry ON field_work (entry, id DESC) WHERE entry <> '';

-- Lines that could not be taken in, as they were. event, params: see field_configs/events.py.
CREATE TABLE import_refusal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    origin text NOT NULL,
    text text NOT NULL,
    received timestamptz NOT NULL,
    event text NOT NULL,
    params jsonb NOT NULL
);
CREATE UNIQUE INDEX import_refusal_once
    ON import_refusal (kind, origin, event, md5(params::text), md5(text));

-- The account of a hazard in a county as it stood at a time; season NULL: all seasons.
CREATE TABLE skill_row (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    hazard text NOT NULL,
    county text NOT NULL REFERENCES county,
    season smallint,
    model_version text NOT NULL,
    cases integer NOT NULL,
    unanswered integer NOT NULL,
    treated integer NOT NULL,
    other_version integer NOT NULL,
    hits integer NOT NULL,
    misses integer NOT NULL,
    false_alarms integer NOT NULL,
    correct_negatives integer NOT NULL,
    scored integer NOT NULL,
    seasons integer NOT NULL,
    brier_skill double precision,
    low double precision,
    high double precision,
    why text NOT NULL
);
CREATE INDEX skill_row_latest ON skill_row (hazard, county, season, id DESC);
CREATE TRIGGER skill_row_stays BEFORE UPDATE OR DELETE ON skill_row
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Every change of a rule of the ledger, whatever made it.
CREATE TABLE setting_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    old text,
    new text,
    at timestamptz NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL
);
CREATE TRIGGER setting_change_stays BEFORE UPDATE OR DELETE ON setting_change
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION note_setting_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(NEW.key, OLD.key) NOT LIKE 'skill.%'
        OR (TG_OP = 'UPDATE' AND NEW.value = OLD.value) THEN
        RETURN NULL;
    END IF;
    INSERT INTO setting_change (key, old, new, at, changed_by, reason)
    VALUES (
        coalesce(NEW.key, OLD.key), OLD.value, NEW.value, coalesce(NEW.changed, now()),
        coalesce(nullif(current_setting('nongqing.changed_by', true), ''), session_user),
        coalesce(current_setting('nongqing.change_reason', true), '')
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER setting_noted AFTER INSERT OR UPDATE OR DELETE ON setting
FOR EACH ROW EXECUTE FUNCTION note_setting_change();

-- Old readings: compressed where TimescaleDB can, and dropped by whole months on request.

-- Compresses chunks that ended before an instant; returns how many. Without TimescaleDB: none.
CREATE FUNCTION compress_readings_before(instant timestamptz) RETURNS integer
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
CREATE FUNCTION drop_readings_before(instant timestamptz) RETURNS integer
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

-- Weather from elsewhere ---------------------------------------------------------------------

-- A place of such weather: a village, a field (both stand where the registry says), or a station
-- or grid point with its own position. One that is removed keeps its values; its name is free.
CREATE TABLE weather_place (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    removed timestamptz
);
CREATE UNIQUE INDEX weather_place_name ON weather_place (name) WHERE removed IS NULL;

-- What became of a place: its position after each change, by whom and why.
CREATE TABLE weather_place_change (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place integer NOT NULL REFERENCES weather_place,
    action text NOT NULL CHECK (action IN ('added', 'moved', 'removed')),
    longitude double precision NOT NULL,
    latitude double precision NOT NULL,
    at timestamptz NOT NULL,
    changed_by text NOT NULL,
    reason text NOT NULL
);
CREATE TRIGGER weather_place_change_stays BEFORE UPDATE OR DELETE ON weather_place_change
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A delivery of weather: a file, or what a program gave at once. Of two values for the same hour
-- the one of the later delivery is in force, whoever sent it.
CREATE TABLE weather_delivery (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('forecast', 'observed')),
    source text NOT NULL,
    name text NOT NULL,
    received timestamptz NOT NULL
);

CREATE TABLE weather_series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('forecast', 'observed')),
    place integer NOT NULL REFERENCES weather_place,
    quantity text NOT NULL,
    UNIQUE (kind, place, quantity)
);

-- time is the start of the hour. issued: when a forecast was made; the end of the hour for what
-- was observed, so that an observation exists once in a delivery. Series and delivery are put by the
-- statements before: references that are looked up for each of a million values took half of an
-- import.
CREATE TABLE weather_value (
    series_id integer NOT NULL,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    delivery integer NOT NULL,
    value double precision NOT NULL,
    qc smallint NOT NULL,
    PRIMARY KEY (series_id, time, issued, delivery)
);

-- What became of asking a service of weather: of how many places, how many values were new, how many
-- things were refused; not_before: when it may be asked again. kind and params say why it went wrong.
CREATE TABLE weather_fetch (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    asked timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('ok', 'waits', 'failed')),
    places integer NOT NULL,
    new_values integer NOT NULL,
    refused integer NOT NULL,
    not_before timestamptz NOT NULL,
    kind text,
    params jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX weather_fetch_latest ON weather_fetch (provider, id DESC);

-- How well outlooks of the weather did: of each source, quantity and lead day, against what was
-- measured or analysed later (models/skill/outlooks.py). Replaced as a whole whenever it is computed.
CREATE TABLE outlook_skill (
    source text NOT NULL,
    quantity text NOT NULL,
    truth text NOT NULL CHECK (truth IN ('measured', 'analysed')),
    lead smallint NOT NULL CHECK (lead > 0),
    at timestamptz NOT NULL,
    places integer NOT NULL,
    pairs integer NOT NULL CHECK (pairs > 0),
    weeks integer NOT NULL,
    first date NOT NULL,
    last date NOT NULL,
    bias double precision NOT NULL,
    mae double precision NOT NULL,
    rmse double precision NOT NULL,
    common integer NOT NULL,
    score double precision,
    persistence double precision,
    climatology double precision,
    skill double precision,
    low double precision,
    high double precision,
    -- [hits, misses, false alarms, correct negatives]; NULL where it is not of rain
    rain integer[],
    -- [[from mm, days, wet days], ...]
    reliability jsonb NOT NULL DEFAULT '[]',
    -- pairs that every lead day has, and the mean absolute error on these
    same_pairs integer NOT NULL DEFAULT 0,
    same_mae double precision,
    PRIMARY KEY (source, quantity, truth, lead)
);

-- The outlook in force: what the forecast makes of the coming days. It is replaced as a whole
-- whenever risk is computed; what was said of past days stands in risk_status.
CREATE TABLE risk_outlook (
    site text NOT NULL REFERENCES field,
    crop text NOT NULL,
    hazard text NOT NULL,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    forecast_issued timestamptz NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 0 AND 4),
    score double precision,
    certainty double precision,
    stage_bbch double precision,
    drivers jsonb NOT NULL,
    missing text[] NOT NULL,
    inputs_hash text NOT NULL,
    model_version text NOT NULL,
    stage_source text,
    data_age_h double precision,
    validated boolean NOT NULL,
    PRIMARY KEY (site, crop, hazard, time)
);

-- Numbers of fields, in the order in which the outlook first named them: the place of a field's byte
-- in risk_said and risk_came.
CREATE TABLE kept_field (
    number integer PRIMARY KEY CHECK (number >= 0),
    field text NOT NULL UNIQUE REFERENCES field
);

-- An outlook of risk as it was issued, the last one of each 24 hours. next_day: the first local day that
-- begins when it is issued or later, its lead day 1. first_forecast, last_forecast: when the oldest and the
-- newest forecast behind it were made; delivery: the last weather_delivery that was there.
CREATE TABLE risk_issue (
    next_day date PRIMARY KEY,
    issued timestamptz NOT NULL,
    first_forecast timestamptz NOT NULL,
    last_forecast timestamptz NOT NULL,
    delivery integer NOT NULL
);

-- What an outlook said of a day: a byte for each field by its number, deflated; 255 for none. classes:
-- codes of status; chances: of hazards whose score is a probability, in 250ths. inputs: SHA-256 over the
-- hashes of the answers' inputs.
CREATE TABLE risk_said (
    next_day date NOT NULL REFERENCES risk_issue ON DELETE CASCADE,
    crop text NOT NULL,
    hazard text NOT NULL,
    day date NOT NULL CHECK (day >= next_day),
    model_version text NOT NULL,
    classes bytea NOT NULL,
    chances bytea,
    inputs bytea NOT NULL CHECK (octet_length(inputs) = 32),
    PRIMARY KEY (next_day, crop, hazard, day)
);

-- The same of a day that is over, from the hours that were measured: as they are known now.
CREATE TABLE risk_came (
    day date NOT NULL,
    crop text NOT NULL,
    hazard text NOT NULL,
    model_version text NOT NULL,
    classes bytea NOT NULL,
    chances bytea,
    changed timestamptz NOT NULL,
    PRIMARY KEY (day, crop, hazard, model_version)
);

-- How well outlooks of risk did, by lead day (models/skill/risk_outlooks.py). against: the risk from measured
-- weather, or what people saw in the field. Replaced as a whole whenever it is computed.
CREATE TABLE risk_outlook_skill (
    hazard text NOT NULL,
    against text NOT NULL CHECK (against IN ('measured', 'seen')),
    lead smallint NOT NULL CHECK (lead > 0),
    at timestamptz NOT NULL,
    figures jsonb NOT NULL,
    PRIMARY KEY (hazard, against, lead)
);

-- Where the hours of a field's quantity come from when it has no sensor of its own: the other
-- stations' weather at its place, with the standard error of the newest hour; or nothing, when
-- none is near.
CREATE TABLE field_weather (
    site text NOT NULL REFERENCES field,
    quantity text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('interpolated', 'no_station_near')),
    nearest_km double precision,
    stations integer NOT NULL,
    standard_error double precision,
    at timestamptz NOT NULL,
    PRIMARY KEY (site, quantity)
);

-- Where the risk job stands ------------------------------------------------------------------

-- What the hazards know on the morning of a local day, of some fields. seen: the last number of
-- hourly_change that it takes account of.
CREATE TABLE risk_state (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    open_day date NOT NULL,
    seen bigint NOT NULL,
    digest text NOT NULL,
    bytes bytea NOT NULL
);
ALTER TABLE risk_state ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which state holds for a field on a morning. facts: SHA-256 over what it rests on besides hours.
CREATE TABLE risk_state_field (
    open_day date NOT NULL,
    field text NOT NULL,
    state bigint NOT NULL REFERENCES risk_state ON DELETE CASCADE,
    facts text NOT NULL,
    PRIMARY KEY (open_day, field)
);
CREATE INDEX risk_state_field_state ON risk_state_field (state);

-- Changes of hourly weather: the series in which a statement changed hours of a local day;
-- observed: of weather_series, else of series. Numbers are given out under a lock held to the end
-- of the transaction, so that they are in the order of commits: who knows the largest one has seen
-- the hours of all before it.
CREATE TABLE hourly_change (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day date NOT NULL,
    observed boolean NOT NULL,
    series integer[] NOT NULL,
    recorded timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION note_hourly_change(of_day date, is_observed boolean, of_series integer[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('nongqing.hourly_change'));
    INSERT INTO hourly_change (day, observed, series) VALUES (of_day, is_observed, of_series);
END
$$;

-- "changed" and "former" are the rows as the statement left and found them. An hour rolled up
-- again to the same values is no change.
CREATE FUNCTION note_hours() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_hourly_change(day, false, series) FROM (
            SELECT (hour AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT series_id) AS series
            FROM (
                (TABLE changed EXCEPT TABLE former) UNION ALL (TABLE former EXCEPT TABLE changed)
            ) apart GROUP BY 1
        ) days;
    ELSE
        PERFORM note_hourly_change(day, false, series) FROM (
            SELECT (hour AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT series_id) AS series
            FROM changed GROUP BY 1
        ) days;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER hours_added AFTER INSERT ON reading_hourly
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_hours();
CREATE TRIGGER hours_changed AFTER UPDATE ON reading_hourly
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION note_hours();
CREATE TRIGGER hours_removed AFTER DELETE ON reading_hourly
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_hours();

-- What other stations measured stands in for fields without sensors.
CREATE FUNCTION note_observed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_hourly_change(day, true, series) FROM (
            SELECT (c.time AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT c.series_id) AS series
            FROM (
                (TABLE changed EXCEPT TABLE former) UNION ALL (TABLE former EXCEPT TABLE changed)
            ) c JOIN weather_series s ON s.id = c.series_id WHERE s.kind = 'observed' GROUP BY 1
        ) days;
    ELSE
        PERFORM note_hourly_change(day, true, series) FROM (
            SELECT (c.time AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   array_agg(DISTINCT c.series_id) AS series
            FROM changed c JOIN weather_series s ON s.id = c.series_id
            WHERE s.kind = 'observed' GROUP BY 1
        ) days;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER observed_added AFTER INSERT ON weather_value
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_observed();
CREATE TRIGGER observed_changed AFTER UPDATE ON weather_value
REFERENCING OLD TABLE AS former NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION note_observed();
CREATE TRIGGER observed_removed AFTER DELETE ON weather_value
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_observed();

-- A station that is moved or removed changes the weather of the fields around it, back to its
-- first hour.
CREATE FUNCTION note_place() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_hourly_change(day, true, series) FROM (
        SELECT (w.time AT TIME ZONE 'Asia/Shanghai')::date AS day,
               array_agg(DISTINCT w.series_id) AS series
        FROM weather_value w JOIN weather_series s ON s.id = w.series_id
        WHERE s.kind = 'observed' AND s.place = NEW.number GROUP BY 1
    ) days;
    RETURN NULL;
END
$$;
CREATE TRIGGER place_changed AFTER UPDATE ON weather_place
FOR EACH ROW EXECUTE FUNCTION note_place();

-- People -------------------------------------------------------------------------------------

-- Staff sign in by username, farmers by phone (E.164). uniquifier names the person in sessions; a
-- new one ends them all. verified: when a code sent to the phone came back. The secrets are those
-- of one-time codes, encrypted by the web application.
CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    username text UNIQUE CHECK (username = lower(username)),
    phone text UNIQUE CHECK (phone ~ '^\+[0-9]{8,15}$'),
    password text,
    active boolean NOT NULL DEFAULT true,
    uniquifier text NOT NULL UNIQUE,
    code_method text,
    code_secret text,
    phone_secrets text,
    created timestamptz NOT NULL,
    verified timestamptz,
    signed_in timestamptz,
    signed_in_before timestamptz,
    sign_ins integer NOT NULL DEFAULT 0,
    CHECK (username IS NOT NULL OR phone IS NOT NULL OR NOT active)
);

-- A role in a part of the tree city -> county -> township -> village; the city's scope is ''.
CREATE TABLE person_grant (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    role text NOT NULL,
    level text NOT NULL CHECK (level IN ('city', 'county', 'township', 'village')),
    scope text NOT NULL CHECK ((scope = '') = (level = 'city')),
    granted timestamptz NOT NULL,
    granted_by text NOT NULL,
    PRIMARY KEY (person, role, level, scope)
);

-- A deputy may do what another may, until a time.
CREATE TABLE deputy (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    stands_for bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    ends timestamptz NOT NULL,
    named timestamptz NOT NULL,
    named_by text NOT NULL,
    PRIMARY KEY (person, stands_for),
    CHECK (person <> stands_for)
);

-- Links that sign in once. Only the SHA-256 of what stands in the link is kept.
CREATE TABLE sign_in_link (
    digest bytea PRIMARY KEY,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    used timestamptz
);

-- Failed attempts, to slow those who guess. account: SHA-256 of what was entered; network: /24 of
-- IPv4, /56 of IPv6.
CREATE TABLE sign_in_failure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account bytea NOT NULL,
    network text NOT NULL
);
CREATE INDEX sign_in_failure_account ON sign_in_failure (account, at);
CREATE INDEX sign_in_failure_network ON sign_in_failure (network, at);

-- Where a person has signed in from: their own networks stay open to them while others guess.
CREATE TABLE sign_in_network (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    network text NOT NULL,
    last timestamptz NOT NULL,
    PRIMARY KEY (person, network)
);

-- Security keys and passkeys: the second step of staff beside the authenticator app.
-- credential names the key to its holder's browser; public_key proves what it signs; sign_count is
-- the key's own counter, which never goes back; used: when it let its holder in last.
CREATE TABLE person_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    credential bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    transports text[] NOT NULL,
    device_type text NOT NULL,
    backed_up boolean NOT NULL,
    added timestamptz NOT NULL,
    used timestamptz,
    UNIQUE (person, name)
);

-- What answered once answers no more: SHA-256 of the question that a key signed, and of the step of
-- an authenticator app's code with the person.
CREATE TABLE answer_used (
    digest bytea PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE INDEX answer_used_at ON answer_used (at);

-- Which private page of whom a person has seen in which hour: the audit log has one entry for each.
CREATE TABLE read_noted (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    page text NOT NULL,
    subject text NOT NULL,
    hour timestamptz NOT NULL,
    PRIMARY KEY (person, page, subject, hour)
);
CREATE INDEX read_noted_hour ON read_noted (hour);
-- Who saw or changed what. Entries are chained: digest is a SHA-256 over the entry and the digest of
-- the one before it (previous); docs/audit.md has the bytes. number has no gaps: the writer counts.
CREATE TABLE audit_entry (
    number bigint PRIMARY KEY CHECK (number > 0),
    at timestamptz NOT NULL CHECK (isfinite(at)),
    actor text NOT NULL CHECK (actor <> ''),
    action text NOT NULL CHECK (action <> ''),
    object text NOT NULL,
    detail jsonb NOT NULL CHECK (jsonb_typeof(detail) = 'object'),
    previous bytea NOT NULL CHECK (length(previous) = 32),
    digest bytea NOT NULL CHECK (length(digest) = 32)
);
CREATE INDEX audit_entry_at ON audit_entry (at);

-- Against accidents. Who means harm can switch this off; the chain and its heads tell of that.
CREATE FUNCTION refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entry: % refused; entries are added and never changed', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_kept;

-- Messages that went out to people, without what they said. recipient: SHA-256 of the number, so that
-- one number's messages are found; masked: what people see of it. state: sending (left, or its
-- sender died), sent (the provider took it), failed (it did not go out), unknown (it may have).
CREATE TABLE message_sent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    way text NOT NULL CHECK (way <> ''),
    template text NOT NULL CHECK (template <> ''),
    recipient bytea NOT NULL CHECK (length(recipient) = 32),
    masked text NOT NULL,
    key uuid NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('sending', 'sent', 'failed', 'unknown')),
    reference text,
    error text
);
CREATE INDEX message_sent_recipient ON message_sent (recipient, at);
CREATE INDEX message_sent_at ON message_sent (at);

-- Entries of forms ----------------------------------------------------------------------------

-- Keys of what forms sent: one sent again writes nothing and gets the first result.
CREATE TABLE entry_key (
    key text PRIMARY KEY,
    at timestamptz NOT NULL,
    result jsonb
);

-- Fields of people ---------------------------------------------------------------------------

-- A field that people keep themselves. edition counts its changes, so that of two people who change
-- it at once the second is told.
CREATE TABLE own_field (
    field text PRIMARY KEY REFERENCES field,
    soil text CHECK (soil IN ('sand', 'loam', 'clay')),
    edition integer NOT NULL DEFAULT 1,
    changed timestamptz NOT NULL,
    changed_by bigint REFERENCES person ON DELETE SET NULL,
    given_up timestamptz
);

-- Who sees a field and writes its diary: its owner, and with whom they share it.
CREATE TABLE field_keeper (
    field text NOT NULL REFERENCES own_field,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    owner boolean NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (field, person)
);
CREATE UNIQUE INDEX field_keeper_owner ON field_keeper (field) WHERE owner;
CREATE INDEX field_keeper_person ON field_keeper (person);

-- Numbers with which a field is to be shared, until their holders have answered.
CREATE TABLE field_invitation (
    field text NOT NULL REFERENCES own_field,
    phone text NOT NULL CHECK (phone ~ '^\+[0-9]{8,15}$'),
    invited_by bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    at timestamptz NOT NULL,
    PRIMARY KEY (field, phone)
);
CREATE INDEX field_invitation_phone ON field_invitation (phone);

-- Whether somebody did what advice asked; the newest answer of a person counts.
CREATE TABLE advice_answer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL REFERENCES field,
    crop text NOT NULL,
    hazard text NOT NULL,
    issued timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    done boolean NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX advice_answer_newest ON advice_answer (site, crop, hazard, issued, person, id DESC);

-- What the region's page shows, put together once by a job: a day's answers by village and county.
CREATE TABLE region_day (
    day date NOT NULL,
    -- '' and '' for all hazards of all crops together; '' and a crop for all of this crop
    hazard text NOT NULL,
    crop text NOT NULL,
    village text NOT NULL,
    status smallint NOT NULL CHECK (status BETWEEN 0 AND 4),
    fields integer NOT NULL,
    judged_ha double precision NOT NULL,
    risk_ha double precision NOT NULL,
    PRIMARY KEY (hazard, crop, day, village)
);
CREATE TABLE region_total (
    day date NOT NULL,
    hazard text NOT NULL,
    crop text NOT NULL,
    county text NOT NULL REFERENCES county,
    -- a day to come, or one that was measured
    forecast boolean NOT NULL,
    villages integer NOT NULL,
    at_risk integer NOT NULL,
    risk_ha double precision NOT NULL,
    PRIMARY KEY (hazard, crop, day, county)
);
-- Up to which answer the days gone by are put together.
CREATE TABLE region_mark (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    status_id bigint NOT NULL
);

-- Work on nodes ------------------------------------------------------------------------------

-- What technicians did with a node. at: when it was done, as they say; received: when it was sent,
-- later where there was no coverage. longitude and latitude (WGS 84): where the node stands since.
CREATE TABLE node_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    kind text NOT NULL CHECK (kind IN (
        'signed_off', 'replaced', 'replaces', 'probe_replaced', 'moved', 'retired', 'revoked')),
    at timestamptz NOT NULL,
    received timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    name text NOT NULL CHECK (name <> ''),
    note text NOT NULL,
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    detail jsonb NOT NULL DEFAULT '{}',
    CHECK ((longitude IS NULL) = (latitude IS NULL))
);
CREATE INDEX node_event_node ON node_event (node, at DESC, id DESC);

-- Why a node began anew, as it says itself; torn: bytes of its outbox that a loss of power spoiled.
CREATE TABLE node_boot (
    node text NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    cause text NOT NULL,
    torn bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (node, epoch, boot)
);

-- Who is to look after an item; empty: nobody yet.
ALTER TABLE maintenance_item
    ADD COLUMN assigned_to text,
    ADD COLUMN assigned timestamptz,
    ADD CHECK ((assigned_to IS NULL) = (assigned IS NULL));
CREATE INDEX maintenance_item_node ON maintenance_item (node, id DESC);

-- The person of that name; empty where a name was typed in before there was a list.
ALTER TABLE maintenance_item ADD COLUMN assigned_person bigint REFERENCES person ON DELETE SET NULL;
CREATE INDEX maintenance_item_assigned ON maintenance_item (assigned_person)
    WHERE closed IS NULL AND assigned_person IS NOT NULL;

-- What somebody wrote about an item, with a photo or without.
CREATE TABLE item_note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item bigint NOT NULL REFERENCES maintenance_item,
    at timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    name text NOT NULL CHECK (name <> ''),
    note text NOT NULL,
    photo bigint REFERENCES photo
);
CREATE INDEX item_note_item ON item_note (item, id);

-- The desk of the bureau ----------------------------------------------------------------------

-- What officers decided on a hazard of a crop in a place: a township, or a county for those of its
-- villages that are in no township. Of those that are not closed there is one at most. version
-- counts its steps, so that of two officers who act at once the second is told. colour: the level
-- as it was published; until: of a hold. What is held, rejected or cancelled is kept off the public
-- pages. page, sms, voice: the officer's own words for each channel, '' for none.
CREATE TABLE decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hazard text NOT NULL,
    crop text NOT NULL,
    place text NOT NULL,
    county text NOT NULL REFERENCES county,
    state text NOT NULL CHECK (state IN ('draft', 'reviewed', 'published', 'updated', 'held',
        'rejected', 'cancelled', 'closed')),
    version integer NOT NULL CHECK (version > 0),
    colour text CHECK (colour IN ('blue', 'yellow', 'orange', 'red')),
    until date,
    page text NOT NULL DEFAULT '',
    sms text NOT NULL DEFAULT '' CHECK (length(sms) <= 70),
    voice text NOT NULL DEFAULT '',
    changed timestamptz NOT NULL,
    changed_by text NOT NULL,
    CHECK (state <> 'held' OR until IS NOT NULL)
);
CREATE UNIQUE INDEX decision_open ON decision (place, hazard, crop) WHERE state <> 'closed';
CREATE INDEX decision_closed ON decision (place, hazard, crop, id DESC) WHERE state = 'closed';

-- Every step of a decision, with name, time and reason; person NULL: by itself, when all was over.
-- act: what was done; colour and words as they were then.
CREATE TABLE decision_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    decision bigint NOT NULL REFERENCES decision,
    version integer NOT NULL,
    act text NOT NULL CHECK (act IN ('review', 'publish', 'update', 'hold', 'reject', 'reopen',
        'cancel', 'close', 'edit')),
    state text NOT NULL,
    at timestamptz NOT NULL,
    person bigint,
    name text NOT NULL,
    reason text NOT NULL,
    villages text[] NOT NULL,
    colour text,
    words jsonb NOT NULL,
    UNIQUE (decision, version)
);
CREATE TRIGGER decision_step_stays BEFORE UPDATE OR DELETE ON decision_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- How much was in force on a local day, for the trend.
CREATE TABLE desk_day (
    place text NOT NULL,
    hazard text NOT NULL,
    crop text NOT NULL,
    day date NOT NULL,
    fields integer NOT NULL CHECK (fields > 0),
    PRIMARY KEY (place, hazard, crop, day)
);

-- Who is told of a published step, by what channel, and what became of it. person NULL: nobody in
-- particular (the village's page, its loudspeaker). state: queued; sending (left, or its sender
-- died); sent; failed; unknown (it may have gone out); stopped (over before it went). heard: when an
-- agent attested that the loudspeaker spoke, or that they went from door to door. failure: the event by
-- which a message did not go out, or waits; detail: what the gateway said. again: how often an officer
-- had it sent again; who presses names the number that they saw, so that of two who press one is told.
CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step bigint NOT NULL REFERENCES decision_step,
    village text NOT NULL REFERENCES village,
    channel text NOT NULL CHECK (channel IN (
        'page', 'sms', 'reminder', 'loudspeaker', 'door', 'withdrawal')),
    person bigint REFERENCES person ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN (
        'queued', 'sending', 'sent', 'failed', 'unknown', 'stopped', 'heard')),
    queued timestamptz NOT NULL,
    done timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    attested_by text,
    note text NOT NULL DEFAULT '',
    failure text,
    detail text NOT NULL DEFAULT '',
    again smallint NOT NULL DEFAULT 0,
    UNIQUE NULLS NOT DISTINCT (step, village, channel, person)
);
CREATE INDEX delivery_queue ON delivery (id) WHERE state = 'queued';
CREATE INDEX delivery_village ON delivery (village, step);

-- Bulletins ------------------------------------------------------------------------------------

-- A bulletin before it is issued. area: '' for the city, else the code of a county; week: the local
-- Monday of one that the weekly job drew up, of which there is one for an area; tables: the figures
-- as they were at `made`; corrects: the issued one that it corrects.
CREATE TABLE bulletin_draft (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL,
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    week date,
    tables jsonb NOT NULL,
    corrects_year smallint,
    corrects_number smallint,
    given_up timestamptz,
    UNIQUE (area, week),
    CHECK ((corrects_year IS NULL) = (corrects_number IS NULL))
);

-- What officers wrote, each save on its own: of two who save at once, one is told.
CREATE TABLE bulletin_text (
    draft bigint NOT NULL REFERENCES bulletin_draft,
    edition integer NOT NULL CHECK (edition > 0),
    texts jsonb NOT NULL,
    written_by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (draft, edition)
);
CREATE TRIGGER bulletin_text_stays BEFORE UPDATE OR DELETE ON bulletin_text
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was issued, whole. Numbers count within the year: `follows` is the one before, which must be
-- there, so that there are no gaps; a draft is issued once.
CREATE TABLE bulletin (
    year smallint NOT NULL,
    number smallint NOT NULL CHECK (number > 0),
    follows smallint,
    draft bigint NOT NULL UNIQUE REFERENCES bulletin_draft,
    area text NOT NULL,
    issued timestamptz NOT NULL,
    issued_by text NOT NULL CHECK (issued_by <> ''),
    content jsonb NOT NULL,
    corrects_year smallint,
    corrects_number smallint,
    PRIMARY KEY (year, number),
    CHECK ((number = 1) = (follows IS NULL)),
    CHECK (follows = number - 1),
    CHECK ((corrects_year IS NULL) = (corrects_number IS NULL)),
    FOREIGN KEY (year, follows) REFERENCES bulletin (year, number),
    FOREIGN KEY (corrects_year, corrects_number) REFERENCES bulletin (year, number)
);
CREATE INDEX bulletin_issued ON bulletin (area, issued);
CREATE TRIGGER bulletin_stays BEFORE UPDATE OR DELETE ON bulletin
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Insect traps: how many were caught in a field's trap over some nights, the newest report of an
-- observer, field, insect, trap and day counts; those before it are kept. insect, trap: of the lists in
-- models/weather/counted.py; trap: '' for counts from before it was asked.
CREATE TABLE trap_count (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    insect text NOT NULL,
    date date NOT NULL,
    nights smallint NOT NULL CHECK (nights BETWEEN 1 AND 31),
    count integer NOT NULL CHECK (count >= 0),
    observer text NOT NULL,
    note text NOT NULL,
    origin text NOT NULL,
    received timestamptz NOT NULL,
    trap text NOT NULL
);
CREATE INDEX trap_count_newest ON trap_count (field, insect, trap, date, observer, id DESC);

-- Exports --------------------------------------------------------------------------------------

-- Files that are made in the background. tab, kind, first, last, county, language: what is asked for;
-- within: where the person might read then, [level, scope] each; attempt: counts those who began to
-- write it, so that only the last of them is heard; total: rows there are, once they are counted, and
-- done of them; reason: why it failed; expires: when the file goes. Times are the machine's own.
CREATE TABLE export_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    asked timestamptz NOT NULL,
    tab text NOT NULL,
    kind text NOT NULL,
    first date NOT NULL,
    last date NOT NULL CHECK (first <= last),
    county text NOT NULL,
    within jsonb NOT NULL,
    language text NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'ready', 'failed', 'removed')),
    attempt smallint NOT NULL DEFAULT 0,
    total bigint,
    done bigint NOT NULL DEFAULT 0,
    bytes bigint,
    reason text,
    expires timestamptz,
    CHECK ((state = 'failed') = (reason IS NOT NULL)),
    CHECK (state <> 'ready' OR (bytes IS NOT NULL AND expires IS NOT NULL))
);
CREATE INDEX export_request_person ON export_request (person, id DESC);
CREATE INDEX export_request_open ON export_request (id)
    WHERE state IN ('waiting', 'running', 'ready');


-- Who captures and asks, by a token of which only the SHA-256 is kept.
CREATE TABLE trace_party (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    name text NOT NULL CHECK (name <> ''),
    token bytea UNIQUE CHECK (length(token) = 32),
    token_made timestamptz,
    added timestamptz NOT NULL,
    company_prefix text UNIQUE CHECK (company_prefix ~ '^[0-9]{6,12}$'),
    next_serial bigint NOT NULL DEFAULT 1 CHECK (next_serial > 0)
);

-- What prefixes in events stand for; many events share one.
CREATE TABLE trace_context (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    context json NOT NULL
);

-- Events as they came, chained by party: docs/trace.md has the bytes. number has no gaps within a
-- party. json and not jsonb, so that numbers come back as they were written. What stands below the
-- digest is looked up and follows from the document.
CREATE TABLE trace_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party text NOT NULL REFERENCES trace_party,
    number bigint NOT NULL CHECK (number > 0),
    event_id text NOT NULL,
    record_time timestamptz NOT NULL CHECK (isfinite(record_time)),
    context bytea NOT NULL REFERENCES trace_context,
    document json NOT NULL,
    previous bytea NOT NULL CHECK (length(previous) = 32),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    event_time timestamptz NOT NULL,
    type text NOT NULL,
    action text,
    biz_step text,
    disposition text,
    read_point text,
    biz_location text,
    transformation text,
    declared timestamptz,
    reason text,
    UNIQUE (party, number)
);
-- An event and its error declaration have one event_id and are two.
CREATE UNIQUE INDEX trace_event_same
ON trace_event (party, event_id, (coalesce(declared, '-infinity')));
CREATE INDEX trace_event_by_id ON trace_event (event_id);
CREATE INDEX trace_event_time ON trace_event (event_time, id);
CREATE INDEX trace_event_recorded ON trace_event (record_time, id);
CREATE TRIGGER trace_event_stays BEFORE UPDATE OR DELETE ON trace_event
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Everything that an event names: kind is the field that it stands in.
CREATE TABLE trace_term (
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    event bigint NOT NULL REFERENCES trace_event,
    PRIMARY KEY (value, kind, event)
);
CREATE INDEX trace_term_event ON trace_term (event);
CREATE INDEX trace_term_kind ON trace_term (kind, value);

-- Things and lots that a party had to do with: it sees their events. since: number of the newest
-- event when the thing was first handled; what was there before is seen from then on.
CREATE TABLE trace_handled (
    party text NOT NULL REFERENCES trace_party,
    value text COLLATE "C" NOT NULL,
    since bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (party, value)
);

-- What master data put below a place.
CREATE TABLE trace_place (
    party text NOT NULL REFERENCES trace_party,
    place text NOT NULL,
    below text NOT NULL,
    PRIMARY KEY (party, place, below)
);

-- Documents that were sent, until their events are captured; then what became of them.
CREATE TABLE trace_capture (
    id text PRIMARY KEY,
    party text NOT NULL REFERENCES trace_party,
    created timestamptz NOT NULL,
    behaviour text NOT NULL CHECK (behaviour IN ('rollback', 'proceed')),
    body bytea,
    finished timestamptz,
    captured integer NOT NULL DEFAULT 0,
    errors jsonb NOT NULL DEFAULT '[]',
    CHECK ((finished IS NULL) = (body IS NOT NULL))
);
CREATE INDEX trace_capture_of ON trace_capture (party, created DESC, id);
CREATE INDEX trace_capture_waiting ON trace_capture (created) WHERE finished IS NULL;

-- Queries that a party gave a name.
CREATE TABLE trace_query (
    party text NOT NULL REFERENCES trace_party,
    name text NOT NULL,
    query json NOT NULL,
    made timestamptz NOT NULL,
    PRIMARY KEY (party, name)
);



-- Lots and certificates ------------------------------------------------------------------------

-- Goods that stay together: harvested from a field on a day, divided or put together from others, or
-- bought with a certificate. uri: its name for good, whatever host serves this. season: when what was
-- harvested had been sown; village: where it grew; origin: what the seller's certificate says of that.
-- whose: the person whose lot it is, a number that stays when the person goes. Rows of all these tables
-- are added and never changed, so that the register outlasts the six months that the measure of 2025
-- asks for.
CREATE TABLE lot (
    code text PRIMARY KEY CHECK (code ~ '^L[0-9]{6}-[2-9A-Z]{10}$'),
    uri text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('harvest', 'split', 'merge', 'bought')),
    produce text NOT NULL,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0 AND weight_kg < 'infinity'),
    day date NOT NULL,
    field text REFERENCES field,
    season date,
    village text REFERENCES village,
    origin text NOT NULL DEFAULT '',
    whose bigint NOT NULL,
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    CHECK ((kind = 'harvest') = (field IS NOT NULL)),
    CHECK (kind <> 'harvest' OR village IS NOT NULL)
);
CREATE INDEX lot_whose ON lot (whose, made DESC);
CREATE INDEX lot_village ON lot (village, made DESC);
CREATE TRIGGER lot_stays BEFORE UPDATE OR DELETE ON lot
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- So much of the lot parent went into the lot child.
CREATE TABLE lot_part (
    child text NOT NULL REFERENCES lot,
    parent text NOT NULL REFERENCES lot,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0 AND weight_kg < 'infinity'),
    PRIMARY KEY (child, parent),
    CHECK (child <> parent)
);
CREATE INDEX lot_part_parent ON lot_part (parent);
CREATE TRIGGER lot_part_stays BEFORE UPDATE OR DELETE ON lot_part
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was looked for in a lot, and whether it was in order; tested_by: who tested.
CREATE TABLE lot_test (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot text NOT NULL REFERENCES lot,
    kind text NOT NULL CHECK (kind IN ('self_test', 'entrusted_test')),
    day date NOT NULL,
    substances text[] NOT NULL CHECK (cardinality(substances) > 0),
    passed boolean NOT NULL,
    tested_by text NOT NULL,
    report text NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL
);
CREATE INDEX lot_test_lot ON lot_test (lot);
CREATE TRIGGER lot_test_stays BEFORE UPDATE OR DELETE ON lot_test
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An inspector holds, recalls or frees a lot, and with it all that came of it; the newest counts.
CREATE TABLE lot_state (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot text NOT NULL REFERENCES lot,
    state text NOT NULL CHECK (state IN ('held', 'recalled', 'freed')),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX lot_state_newest ON lot_state (lot, id DESC);
CREATE TRIGGER lot_state_stays BEFORE UPDATE OR DELETE ON lot_state
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An inspector sets reasons aside, each with all that it says; another reason is not covered.
CREATE TABLE lot_override (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot text NOT NULL REFERENCES lot,
    reasons text[] NOT NULL CHECK (cardinality(reasons) > 0),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX lot_override_lot ON lot_override (lot);
CREATE TRIGGER lot_override_stays BEFORE UPDATE OR DELETE ON lot_override
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A certificate as it was issued, whole.
CREATE TABLE certificate (
    number text PRIMARY KEY CHECK (number ~ '^C[0-9]{6}-[2-9A-Z]{10}$'),
    lot text NOT NULL REFERENCES lot,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0),
    grounds text NOT NULL CHECK (grounds IN ('control', 'self_test', 'entrusted_test')),
    content jsonb NOT NULL,
    issued timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX certificate_lot ON certificate (lot);
CREATE TRIGGER certificate_stays BEFORE UPDATE OR DELETE ON certificate
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A certificate is void once; inspector: an inspector did it, not its issuer.
CREATE TABLE certificate_void (
    number text PRIMARY KEY REFERENCES certificate,
    reason text NOT NULL CHECK (reason <> ''),
    inspector boolean NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER certificate_void_stays BEFORE UPDATE OR DELETE ON certificate_void
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The certificate that came with a lot that was bought; jpeg: its photo.
CREATE TABLE bought_certificate (
    lot text PRIMARY KEY REFERENCES lot,
    kind text NOT NULL CHECK (kind IN ('commitment', 'other')),
    number text NOT NULL,
    issuer text NOT NULL CHECK (issuer <> ''),
    contact text NOT NULL,
    issued date NOT NULL,
    jpeg bytea,
    CHECK (number <> '' OR jpeg IS NOT NULL)
);
ALTER TABLE bought_certificate ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CREATE TRIGGER bought_certificate_stays BEFORE UPDATE OR DELETE ON bought_certificate
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- How often a village's page was opened, in numbers only: by ten minutes, and by nobody's name.
CREATE TABLE village_opened (
    village text NOT NULL REFERENCES village,
    since timestamptz NOT NULL,
    opens integer NOT NULL CHECK (opens > 0),
    PRIMARY KEY (village, since)
);
CREATE INDEX village_opened_since ON village_opened (since);

-- For which party a person tells what was done to lots and boxes; without a row it is a party of
-- their own.
CREATE TABLE trace_member (
    person bigint PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    party text NOT NULL REFERENCES trace_party,
    since timestamptz NOT NULL
);
CREATE INDEX trace_member_party ON trace_member (party);

-- Which events each party may see, kept when events are added: its own, and those that name what it
-- handled. What these events name and say is kept beside it, but for what the party handled itself.
-- All of it follows from trace_event and trace_term, so nothing here refers to them.
CREATE TABLE trace_visible (
    party text COLLATE "C" NOT NULL,
    event bigint NOT NULL,
    PRIMARY KEY (party, event)
);
CREATE TABLE trace_seen (
    party text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    PRIMARY KEY (party, kind, value)
);
CREATE INDEX trace_handled_value ON trace_handled (value);
CREATE INDEX trace_event_declared ON trace_event (party, event_id) WHERE declared IS NOT NULL;

-- Subscriptions: what is new for a query of a party is sent to an address. ----------------------

CREATE INDEX trace_handled_since ON trace_handled (party, since);

-- token: what deliveries are signed with. schedule: NULL where events are sent as they come. floor:
-- events up to this one are not sent. seen_order, seen_event: how far it was told, in the order in
-- which its party sees events; goal: how far the run tells that is on. batch_*: what is on its way,
-- sent again under the same key until it is taken. claimed: since when somebody sends.
CREATE TABLE trace_subscription (
    id text PRIMARY KEY,
    party text NOT NULL,
    query text NOT NULL,
    dest text NOT NULL CHECK (dest <> ''),
    token text CHECK (token <> ''),
    spelling text NOT NULL,
    initial timestamptz,
    schedule json,
    report_if_empty boolean NOT NULL,
    made timestamptz NOT NULL,
    floor bigint NOT NULL,
    seen_order bigint NOT NULL,
    seen_event bigint NOT NULL,
    goal bigint,
    empty_run boolean NOT NULL DEFAULT false,
    next_run timestamptz,
    last_run timestamptz,
    notified timestamptz,
    batch_size integer NOT NULL CHECK (batch_size > 0),
    batch_key text,
    batch_events bigint[],
    batch_order bigint,
    batch_event bigint,
    batch_made timestamptz,
    claimed timestamptz,
    claim bigint NOT NULL DEFAULT 0,
    tried timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    failing timestamptz,
    failure text,
    not_before timestamptz,
    ended timestamptz,
    FOREIGN KEY (party, query) REFERENCES trace_query ON DELETE CASCADE,
    CHECK ((schedule IS NULL) = (next_run IS NULL)),
    CHECK ((batch_key IS NULL) = (batch_events IS NULL)),
    CHECK ((batch_key IS NULL) = (batch_order IS NULL))
);
CREATE INDEX trace_subscription_of ON trace_subscription (party, query, id);

-- Tokens of next pages that were released before their time.
CREATE TABLE trace_released (
    party text NOT NULL REFERENCES trace_party,
    token bytea NOT NULL CHECK (length(token) = 32),
    at timestamptz NOT NULL,
    PRIMARY KEY (party, token)
);

-- Codes that boxes and pallets got here, and places that a party named. Neither names a person. uri is
-- the name in events: the link of an SSCC where the party has a company prefix, else a urn:uuid. batch
-- is what was made, and is printed, together. A prefix is one party's; next_serial only grows, so that
-- no number is given twice.
CREATE TABLE goods_unit (
    code text PRIMARY KEY,
    uri text NOT NULL UNIQUE,
    party text NOT NULL REFERENCES trace_party,
    kind text NOT NULL CHECK (kind IN ('box', 'pallet')),
    batch text NOT NULL,
    made timestamptz NOT NULL
);
CREATE INDEX goods_unit_batch ON goods_unit (batch);
CREATE TABLE goods_place (
    uri text PRIMARY KEY,
    party text NOT NULL REFERENCES trace_party,
    name text NOT NULL CHECK (name <> ''),
    used timestamptz NOT NULL,
    UNIQUE (party, name)
);

-- Where events that are each right break a story together: at which event, of which thing. cleared: when a
-- late event or an error declaration mended it.
CREATE TABLE trace_flag (
    event bigint NOT NULL REFERENCES trace_event,
    kind text NOT NULL,
    thing text COLLATE "C" NOT NULL,
    detail jsonb NOT NULL,
    found timestamptz NOT NULL,
    cleared timestamptz,
    PRIMARY KEY (event, kind, thing)
);
CREATE INDEX trace_flag_thing ON trace_flag (thing);
CREATE INDEX trace_flag_open ON trace_flag (found DESC) WHERE cleared IS NULL;
-- Up to which number each party's events were looked at for that.
CREATE TABLE trace_looked (
    party text PRIMARY KEY REFERENCES trace_party,
    number bigint NOT NULL CHECK (number > 0)
);
CREATE INDEX trace_event_transformation ON trace_event (transformation)
WHERE transformation IS NOT NULL;

-- The cold chain ------------------------------------------------------------------------------

-- A store room, truck or box of a party; uri: its GIAI, or a name for good of our own making.
CREATE TABLE asset (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uri text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('store_room', 'truck', 'box')),
    name text NOT NULL CHECK (name <> ''),
    party text NOT NULL REFERENCES trace_party,
    made timestamptz NOT NULL,
    made_by text NOT NULL
);
CREATE INDEX asset_party ON asset (party);

-- A node rides in an asset from one time to another (NULL: still): its readings of then are the
-- asset's. At most one asset at a time.
CREATE TABLE asset_logger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    asset bigint NOT NULL REFERENCES asset,
    since timestamptz NOT NULL,
    until timestamptz CHECK (until > since),
    attached_by text NOT NULL,
    detached_by text
);
CREATE UNIQUE INDEX asset_logger_current ON asset_logger (node) WHERE until IS NULL;
CREATE INDEX asset_logger_asset ON asset_logger (asset, since);

-- A device was checked on a day, and is to be checked again by another.
CREATE TABLE device_check (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    day date NOT NULL,
    due date NOT NULL CHECK (due > day),
    checked_by text NOT NULL CHECK (checked_by <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL
);
CREATE INDEX device_check_node ON device_check (node, day DESC, id DESC);
CREATE TRIGGER device_check_stays BEFORE UPDATE OR DELETE ON device_check
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- So much of a lot goes from one party to another in an asset. product: of field_configs/products.
CREATE TABLE shipment (
    code text PRIMARY KEY CHECK (code ~ '^S[0-9]{6}-[2-9A-Z]{10}$'),
    uri text NOT NULL UNIQUE,
    lot text NOT NULL REFERENCES lot,
    weight_kg double precision NOT NULL CHECK (weight_kg > 0 AND weight_kg < 'infinity'),
    product text NOT NULL,
    asset bigint NOT NULL REFERENCES asset,
    sender text NOT NULL REFERENCES trace_party,
    receiver text NOT NULL REFERENCES trace_party,
    shipped timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    CHECK (sender <> receiver)
);
CREATE INDEX shipment_lot ON shipment (lot);
CREATE INDEX shipment_asset ON shipment (asset, shipped);
CREATE INDEX shipment_sender ON shipment (sender, shipped DESC);
CREATE INDEX shipment_receiver ON shipment (receiver, shipped DESC);
CREATE TRIGGER shipment_stays BEFORE UPDATE OR DELETE ON shipment
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the receiver says at the end of a shipment: once. celsius: by their own thermometer;
-- logger_celsius: the warmest of the logger's last readings then.
CREATE TABLE handover (
    shipment text PRIMARY KEY REFERENCES shipment,
    accepted boolean NOT NULL,
    celsius double precision,
    logger_celsius double precision,
    note text NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    CHECK (accepted OR note <> '')
);
CREATE TRIGGER handover_stays BEFORE UPDATE OR DELETE ON handover
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What of a logger's readings was told as events: one row for each attachment and span of time.
-- readings: how many there were when it was told; revision counts the corrections.
CREATE TABLE sensor_told (
    attachment bigint NOT NULL REFERENCES asset_logger,
    start timestamptz NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    event_id text NOT NULL,
    readings bigint NOT NULL,
    told timestamptz NOT NULL,
    PRIMARY KEY (attachment, start)
);

-- Inspection: recalls and drills, sampling plans, non-conformities -------------------------------

-- A recall (R…), or a drill (D…), which changes nothing but these rows. start: the code of a lot or the
-- id of a field; village: where it grew, None where nobody knows one. class: 1 the gravest. Rows of all
-- tables of inspection are added and never changed, but for messages on their way.
CREATE TABLE recall (
    number text PRIMARY KEY CHECK (number ~ '^[RD][0-9]{6}-[2-9A-Z]{10}$'),
    drill boolean NOT NULL CHECK (drill = (number LIKE 'D%')),
    what text NOT NULL CHECK (what IN ('lot', 'field')),
    start text NOT NULL,
    village text REFERENCES village,
    class smallint NOT NULL CHECK (class BETWEEN 1 AND 3),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
-- What was recalled is recalled once; drills may be as many as people like.
CREATE UNIQUE INDEX recall_once ON recall (what, start) WHERE NOT drill;
CREATE TRIGGER recall_stays BEFORE UPDATE OR DELETE ON recall
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What had become of it whenever somebody looked; the newest counts. seconds: how long making it took.
CREATE TABLE recall_list (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall text NOT NULL REFERENCES recall,
    content jsonb NOT NULL,
    seconds double precision NOT NULL CHECK (seconds >= 0),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX recall_list_newest ON recall_list (recall, id DESC);
CREATE TRIGGER recall_list_stays BEFORE UPDATE OR DELETE ON recall_list
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a holder says became of the goods [kg]; the newest of a holder counts.
CREATE TABLE recall_answer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall text NOT NULL REFERENCES recall,
    holder text NOT NULL,
    found_kg double precision NOT NULL CHECK (found_kg >= 0 AND found_kg < 'infinity'),
    destroyed_kg double precision NOT NULL CHECK (destroyed_kg >= 0 AND destroyed_kg <= found_kg),
    sold_kg double precision NOT NULL CHECK (sold_kg >= 0 AND sold_kg < 'infinity'),
    note text NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX recall_answer_newest ON recall_answer (recall, holder, id DESC);
CREATE TRIGGER recall_answer_stays BEFORE UPDATE OR DELETE ON recall_answer
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A recall is closed once, with its figures as they stood.
CREATE TABLE recall_closed (
    recall text PRIMARY KEY REFERENCES recall,
    reason text NOT NULL CHECK (reason <> ''),
    figures jsonb NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER recall_closed_stays BEFORE UPDATE OR DELETE ON recall_closed
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Text messages of a recall: each person of a holder is told one text once.
CREATE TABLE recall_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall text NOT NULL REFERENCES recall,
    holder text NOT NULL,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    text text NOT NULL CHECK (text <> ''),
    state text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown')),
    queued timestamptz NOT NULL,
    done timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    failure text,
    detail text NOT NULL DEFAULT '',
    UNIQUE (recall, holder, person, text)
);
CREATE INDEX recall_message_queue ON recall_message (id) WHERE state = 'queued';

-- A plan of samples. frame: every lot that could have been drawn, with the weight that it had, so that
-- the draw can be done again from seed. drawn: its lots, in order.
CREATE TABLE sampling_plan (
    number text PRIMARY KEY CHECK (number ~ '^M[0-9]{6}-[2-9A-Z]{10}$'),
    starts date NOT NULL,
    ends date NOT NULL CHECK (ends >= starts),
    produce text[] NOT NULL CHECK (cardinality(produce) > 0),
    places text[] NOT NULL CHECK (cardinality(places) > 0),
    samples integer NOT NULL CHECK (samples > 0),
    substances text[] NOT NULL CHECK (cardinality(substances) > 0),
    reason text NOT NULL CHECK (reason IN ('routine', 'risk', 'complaint')),
    seed text NOT NULL CHECK (seed <> ''),
    frame jsonb NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER sampling_plan_stays BEFORE UPDATE OR DELETE ON sampling_plan
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A lot that a plan drew; place: in the order of the draw.
CREATE TABLE sample (
    plan text NOT NULL REFERENCES sampling_plan,
    lot text NOT NULL REFERENCES lot,
    place integer NOT NULL,
    PRIMARY KEY (plan, lot)
);
-- no lot is drawn twice
CREATE UNIQUE INDEX sample_lot ON sample (lot);
CREATE TRIGGER sample_stays BEFORE UPDATE OR DELETE ON sample
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- That a sample was taken, on which local day.
CREATE TABLE sample_taken (
    plan text NOT NULL,
    lot text NOT NULL,
    day date NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    PRIMARY KEY (plan, lot),
    FOREIGN KEY (plan, lot) REFERENCES sample
);
CREATE TRIGGER sample_taken_stays BEFORE UPDATE OR DELETE ON sample_taken
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The test that a sample led to, with what was measured where the report gives it; source: where the
-- limit stands, as the inspector wrote it down.
CREATE TABLE sample_result (
    plan text NOT NULL,
    lot text NOT NULL,
    test bigint NOT NULL REFERENCES lot_test,
    substance text NOT NULL DEFAULT '',
    value double precision CHECK (value >= 0 AND value < 'infinity'),
    limit_value double precision CHECK (limit_value >= 0 AND limit_value < 'infinity'),
    unit text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    PRIMARY KEY (plan, lot),
    FOREIGN KEY (plan, lot) REFERENCES sample,
    CHECK (value IS NULL OR (unit <> '' AND substance <> '')),
    CHECK (limit_value IS NULL OR (unit <> '' AND source <> ''))
);
CREATE TRIGGER sample_result_stays BEFORE UPDATE OR DELETE ON sample_result
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A non-conformity as it was found: of a lot, a field or somebody; plan: the sample that showed it.
CREATE TABLE finding (
    number text PRIMARY KEY CHECK (number ~ '^N[0-9]{6}-[2-9A-Z]{10}$'),
    what text NOT NULL CHECK (what <> ''),
    lot text REFERENCES lot,
    field text REFERENCES field,
    party text NOT NULL DEFAULT '',
    village text REFERENCES village,
    severity text NOT NULL CHECK (severity IN ('minor', 'major', 'critical')),
    found_by text NOT NULL CHECK (found_by <> ''),
    due date NOT NULL,
    plan text REFERENCES sampling_plan,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    CHECK (lot IS NOT NULL OR field IS NOT NULL OR party <> '')
);
CREATE INDEX finding_lot ON finding (lot);
CREATE TRIGGER finding_stays BEFORE UPDATE OR DELETE ON finding
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What became of a non-conformity; the newest step counts, and of two who saw the same one adds one.
CREATE TABLE finding_step (
    finding text NOT NULL REFERENCES finding,
    number integer NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'escalated')),
    action text NOT NULL DEFAULT '',
    evidence text NOT NULL DEFAULT '',
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    PRIMARY KEY (finding, number)
);
CREATE TRIGGER finding_step_stays BEFORE UPDATE OR DELETE ON finding_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Subscriptions: tokens encrypted, what went wrong last, what a receiver was told of it -----------

-- token_sealed: token, encrypted under a key that follows from the web's; token alone where it was
-- kept before that, until the job has sealed it. problem: of what kind its receiver was told since
-- its query cannot be carried out. last_failed, last_failure stay when it is well again.
ALTER TABLE trace_subscription
ADD COLUMN token_sealed bytea CHECK (length(token_sealed) > 28),
ADD COLUMN problem text,
ADD COLUMN last_failed timestamptz,
ADD COLUMN last_failure text,
ADD CHECK (token IS NULL OR token_sealed IS NULL);

-- Recalls of what rode with a logger; several lots in one load; who owns a logger ---------------------

-- A recall may begin with a logger (start: its node): with what was in the assets that it rode in, from
-- since to until. Of one logger there may be recalls of several spans of time.
ALTER TABLE recall DROP CONSTRAINT recall_what_check;
ALTER TABLE recall
    ADD COLUMN since timestamptz,
    ADD COLUMN until timestamptz,
    ADD CONSTRAINT recall_what_check CHECK (what IN ('lot', 'field', 'logger')),
    ADD CONSTRAINT recall_span CHECK (CASE WHEN what = 'logger'
        THEN since IS NOT NULL AND until IS NOT NULL AND until > since
        ELSE since IS NULL AND until IS NULL END);
DROP INDEX recall_once;
CREATE UNIQUE INDEX recall_once
ON recall (what, start, (coalesce(since, '-infinity')), (coalesce(until, 'infinity'))) WHERE NOT drill;
-- What is told to be at an asset is looked for by it.
CREATE INDEX trace_event_location ON trace_event (biz_location) WHERE biz_location IS NOT NULL;
-- Of an event with many boxes what they went into is read, and not each of them for every other.
DROP INDEX trace_term_event;
CREATE INDEX trace_term_event ON trace_term (event, kind);
-- A store room is one of its party's places.
INSERT INTO goods_place (uri, party, name, used)
SELECT uri, party, name, made FROM asset WHERE kind = 'store_room' ON CONFLICT DO NOTHING;

-- Shipments that left together in one asset for one receiver name the first of them; NULL: it is that
-- one, or left alone.
ALTER TABLE shipment ADD COLUMN load text REFERENCES shipment;
CREATE INDEX shipment_load ON shipment (load) WHERE load IS NOT NULL;

-- Whose a logger is, from a time on; the newest row counts.
CREATE TABLE logger_owner (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    party text NOT NULL REFERENCES trace_party,
    since timestamptz NOT NULL,
    given_by text NOT NULL
);
CREATE INDEX logger_owner_node ON logger_owner (node, id DESC);
CREATE TRIGGER logger_owner_stays BEFORE UPDATE OR DELETE ON logger_owner
FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- Until now whoever attached a logger had it.
INSERT INTO logger_owner (node, party, since, given_by)
SELECT DISTINCT ON (l.node) l.node, a.party, l.since, l.attached_by
FROM asset_logger l JOIN asset a ON a.id = l.asset ORDER BY l.node, l.since DESC;

-- What grew in a field in one season, as lots were harvested of it. uri: its name in events, which tells
-- nobody of the field. season: the row in which it was sown, for as long as there is one. party: in whose
-- chain its sowing and treatments are told.
CREATE TABLE planting (
    uri text PRIMARY KEY CHECK (uri LIKE 'urn:uuid:%'),
    field text NOT NULL REFERENCES field,
    season bigint,
    party text NOT NULL REFERENCES trace_party,
    made timestamptz NOT NULL
);
CREATE INDEX planting_field ON planting (field);
CREATE UNIQUE INDEX planting_season ON planting (season) WHERE season IS NOT NULL;
CREATE TRIGGER planting_stays BEFORE UPDATE OR DELETE ON planting
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE lot_planting (
    lot text PRIMARY KEY REFERENCES lot,
    planting text NOT NULL REFERENCES planting
);
CREATE INDEX lot_planting_planting ON lot_planting (planting);
CREATE TRIGGER lot_planting_stays BEFORE UPDATE OR DELETE ON lot_planting
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A test whose result was entered wrongly: it is kept and counts no more. instead: the one that stands,
-- NULL where none does.
CREATE TABLE lot_test_struck (
    test bigint PRIMARY KEY REFERENCES lot_test,
    instead bigint UNIQUE REFERENCES lot_test CHECK (instead > test),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER lot_test_struck_stays BEFORE UPDATE OR DELETE ON lot_test_struck
FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- A sample has a result for each test that was entered of it; the one that was not struck counts.
ALTER TABLE sample_result DROP CONSTRAINT sample_result_pkey;
ALTER TABLE sample_result ADD PRIMARY KEY (test);
CREATE INDEX sample_result_sample ON sample_result (plan, lot);

-- Photos that prove something: of a non-conformity, or of the taking of a sample. They are an inspector's,
-- and stay when a field is given up.
CREATE TABLE evidence_photo (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finding text REFERENCES finding,
    plan text,
    lot text,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    jpeg bytea NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    FOREIGN KEY (plan, lot) REFERENCES sample,
    CHECK ((plan IS NULL) = (lot IS NULL)),
    CHECK ((finding IS NULL) <> (plan IS NULL))
);
ALTER TABLE evidence_photo ALTER COLUMN jpeg SET STORAGE EXTERNAL;
CREATE INDEX evidence_photo_finding ON evidence_photo (finding) WHERE finding IS NOT NULL;
CREATE INDEX evidence_photo_sample ON evidence_photo (plan, lot) WHERE plan IS NOT NULL;
CREATE TRIGGER evidence_photo_stays BEFORE UPDATE OR DELETE ON evidence_photo
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A key that a node was told to change to, until it says that it has.
CREATE TABLE node_key_next (
    node text PRIMARY KEY REFERENCES node,
    epoch integer NOT NULL CHECK (epoch > 0),
    encrypted bytea NOT NULL,
    made timestamptz NOT NULL
);

-- What a node is told to do. body: as it is sealed, encrypted, NULL where there is no argument; shown:
-- what of it may be seen. epoch: of the key that it is sealed under; a node that was enrolled anew since
-- is not told. result: what the node said last; answered: when that was its last word.
CREATE TABLE node_command (
    node text NOT NULL REFERENCES node,
    number bigint NOT NULL CHECK (number > 0),
    epoch integer NOT NULL,
    word text NOT NULL,
    body bytea,
    shown jsonb NOT NULL,
    made timestamptz NOT NULL,
    made_by text NOT NULL,
    expires timestamptz NOT NULL,
    sent timestamptz,
    times integer NOT NULL DEFAULT 0,
    result text,
    more jsonb,
    heard timestamptz,
    answered timestamptz,
    PRIMARY KEY (node, number)
);
CREATE INDEX node_command_waiting ON node_command (expires) WHERE answered IS NULL;

-- Messages that a node did not take, by its own count in the boot in which it said so last.
CREATE TABLE node_refused (
    node text NOT NULL REFERENCES node,
    reason text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    boot bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (node, reason)
);

-- Calibration of a channel of a device from a time on: what counts is slope * value + intercept, in the
-- quantity's unit. Rows are only added; of two for the same time the later one counts. Frames keep what
-- the device sent.
CREATE TABLE calibration (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    channel smallint NOT NULL CHECK (channel BETWEEN 0 AND 31),
    valid_from timestamptz NOT NULL,
    slope double precision NOT NULL CHECK (slope > 0 AND slope < 1000),
    intercept double precision NOT NULL CHECK (abs(intercept) < 1e6),
    at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    reason text NOT NULL CHECK (reason <> '')
);
CREATE INDEX calibration_channel ON calibration (node, channel, valid_from);
CREATE TRIGGER calibration_stays BEFORE UPDATE OR DELETE ON calibration
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Programs for nodes as they were signed. number: of the version, rising (`firmware.wire.update`);
-- manifest: what travels of it, most often deflated.
CREATE TABLE firmware_release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target text NOT NULL CHECK (target <> ''),
    number bigint NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    version text NOT NULL CHECK (version <> ''),
    head bytea NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64),
    manifest bytea NOT NULL,
    added timestamptz NOT NULL,
    added_by text NOT NULL CHECK (added_by <> ''),
    UNIQUE (target, number)
);
CREATE TRIGGER firmware_release_stays BEFORE UPDATE OR DELETE ON firmware_release
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What travels of the files of a release, by their place in its manifest.
CREATE TABLE firmware_file (
    release bigint NOT NULL REFERENCES firmware_release,
    file smallint NOT NULL CHECK (file BETWEEN 1 AND 96),
    path text NOT NULL CHECK (path <> ''),
    bytes bytea NOT NULL,
    PRIMARY KEY (release, file)
);
CREATE TRIGGER firmware_file_stays BEFORE UPDATE OR DELETE ON firmware_file
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A release on its way to nodes, ring after ring. ring: the last one that has begun; settled: since when
-- nothing of it is open. most_failures counts in the first two rings, most_share of a ring's nodes in the later.
CREATE TABLE roll_out (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release bigint NOT NULL REFERENCES firmware_release,
    state text NOT NULL CHECK (state IN ('running', 'halted', 'finished')),
    ring smallint NOT NULL DEFAULT 0,
    settled timestamptz,
    soak interval NOT NULL CHECK (soak >= '0'),
    unreachable_after interval NOT NULL CHECK (unreachable_after > '0'),
    most_failures integer NOT NULL CHECK (most_failures > 0),
    most_share double precision NOT NULL CHECK (most_share > 0 AND most_share <= 1),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> '')
);
CREATE INDEX roll_out_open ON roll_out (id) WHERE state <> 'finished';

-- What became of a roll-out. by: '' where it did so by itself.
CREATE TABLE roll_out_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    roll_out bigint NOT NULL REFERENCES roll_out,
    kind text NOT NULL CHECK (kind IN ('begun', 'ring', 'halted', 'resumed', 'finished', 'replaced')),
    at timestamptz NOT NULL,
    by text NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX roll_out_step_of ON roll_out_step (roll_out, id);
CREATE TRIGGER roll_out_step_stays BEFORE UPDATE OR DELETE ON roll_out_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A node of a roll-out. since: of the state; heard: its last word or ask about the update, in which boot;
-- command, told: the offer that it was given last; excused: a failure that somebody has taken note of.
CREATE TABLE roll_out_node (
    roll_out bigint NOT NULL REFERENCES roll_out,
    node text NOT NULL REFERENCES node,
    ring smallint NOT NULL CHECK (ring > 0),
    state text NOT NULL CHECK (state IN (
        'waiting', 'offered', 'taken', 'fetching', 'trial', 'unreachable',
        'kept', 'undone', 'failed', 'refused', 'gone', 'replaced')),
    since timestamptz NOT NULL,
    more jsonb,
    heard timestamptz,
    boot bigint,
    command bigint,
    told timestamptz,
    excused boolean NOT NULL DEFAULT false,
    PRIMARY KEY (roll_out, node)
);
CREATE INDEX roll_out_node_of ON roll_out_node (node, roll_out);
CREATE INDEX roll_out_node_state ON roll_out_node (roll_out, ring, state);

-- What a node said at its last start. config: start of the SHA-256 of its configuration; explained: whether
-- it is the one of before, or one was given since.
CREATE TABLE node_firmware (
    node text PRIMARY KEY REFERENCES node,
    version text NOT NULL,
    target text,
    config bytea CHECK (octet_length(config) = 4),
    explained boolean NOT NULL,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    received timestamptz NOT NULL
);

-- Devices of other makers, which speak standards. network: the LoRaWAN network server that tells of it, and
-- eui its DevEUI there; NULL: it speaks to the broker. step_s: how often it measures. time_of_receipt: what
-- it sends without a time counts as measured when it came. last_seen: newest message.
CREATE TABLE external_network (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{1,30}$'),
    kind text NOT NULL CHECK (kind IN ('chirpstack', 'things-stack')),
    token bytea CHECK (length(token) = 32),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> '')
);
CREATE TABLE external_device (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{1,30}$'),
    network text REFERENCES external_network,
    eui text CHECK (eui ~ '^[0-9a-f]{16}$'),
    step_s integer NOT NULL CHECK (step_s BETWEEN 1 AND 86400),
    time_of_receipt boolean NOT NULL,
    enrolled timestamptz NOT NULL,
    enrolled_by text NOT NULL CHECK (enrolled_by <> ''),
    retired timestamptz,
    last_seen timestamptz,
    UNIQUE (network, eui),
    CHECK ((network IS NULL) = (eui IS NULL))
);

-- What a device calls a value, and where it belongs from a time on. unit: '' is the quantity's own; factor:
-- what one of what it sends is in that unit. counter: the value counts up, with so many bits; 0: without end.
CREATE TABLE external_channel (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device text NOT NULL REFERENCES external_device,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    placement text NOT NULL REFERENCES placement,
    unit text NOT NULL,
    factor double precision NOT NULL CHECK (factor > 0 AND factor < 1e9),
    counter smallint CHECK (counter IN (0, 16, 32)),
    valid_from timestamptz,
    valid_to timestamptz,
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to)
);
CREATE UNIQUE INDEX external_channel_current ON external_channel (device, name) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX external_channel_serves ON external_channel (placement) WHERE valid_to IS NULL;
CREATE INDEX external_channel_device ON external_channel (device, name);

-- The evidence: what such a device sent, once, as it came. Its numbers are of one sequence with those of
-- frames, so that reading.frame_id names either. identity: what makes it the same message; sha256: of bytes.
-- sent: when, by its network server. session, counter, payload: of LoRaWAN.
CREATE TABLE external_message (
    id bigint PRIMARY KEY DEFAULT nextval('frame_id_seq'),
    device text NOT NULL REFERENCES external_device,
    identity bytea NOT NULL CHECK (length(identity) = 32),
    received timestamptz NOT NULL,
    transport text NOT NULL,
    form text NOT NULL CHECK (form IN ('senml', 'thingsboard', 'chirpstack', 'things-stack')),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    bytes bytea NOT NULL,
    sent timestamptz,
    session text,
    counter bigint,
    payload bytea,
    UNIQUE (device, identity)
);
CREATE INDEX external_message_received ON external_message (device, received);
CREATE INDEX external_message_bytes ON external_message (device, sha256);
CREATE INDEX external_message_counter ON external_message (device, session, counter)
    WHERE counter IS NOT NULL;
CREATE TRIGGER external_message_stays BEFORE UPDATE OR DELETE ON external_message
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a counter of a channel said. amount: what was added since the one before, in the quantity's unit; NULL
-- where that cannot be told.
CREATE TABLE external_count (
    channel bigint NOT NULL REFERENCES external_channel,
    time timestamptz NOT NULL,
    count double precision NOT NULL,
    amount double precision,
    message bigint NOT NULL,
    PRIMARY KEY (channel, time)
);

-- Frames in files --------------------------------------------------------------------------------

-- Files of frames, below the folder of archives. sha256: of the file; through: frames up to this number
-- were looked at, left_out: those of them that were not ready (they waited, or are dead) and are looked
-- at again.
CREATE TABLE frame_archive (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file text NOT NULL UNIQUE,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    frames integer NOT NULL CHECK (frames > 0),
    first_received timestamptz NOT NULL,
    last_received timestamptz NOT NULL,
    through bigint NOT NULL,
    left_out bigint[] NOT NULL,
    made timestamptz NOT NULL
);
CREATE TRIGGER frame_archive_stays BEFORE UPDATE OR DELETE ON frame_archive
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- archive: the file that sealed is in, of which digest is left, the first 128 bits of its SHA-256; so a
-- frame that comes again is still compared. No foreign key: to add one reads the whole table.
ALTER TABLE frame ALTER COLUMN sealed DROP NOT NULL;
ALTER TABLE frame ADD COLUMN archive integer, ADD COLUMN digest bytea;
ALTER TABLE frame ADD CONSTRAINT frame_sealed_somewhere CHECK (
    CASE WHEN archive IS NULL THEN sealed IS NOT NULL AND digest IS NULL
    ELSE sealed IS NULL AND octet_length(digest) = 16 AND state IN ('decoded', 'dead') END) NOT VALID;

-- repaired: when what it holds was taken in after all.
ALTER TABLE dead_letter ADD COLUMN repaired timestamptz;
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE repaired IS NULL;

-- Quality of readings -------------------------------------------------------------------------

-- Limits of a placement that differ from its quantity's, from one time to another; null: the
-- quantity's own. "apart": how far it may be from its neighbours. Of several for a time the one that
-- was given last counts, whole; rows are only added.
CREATE TABLE placement_limit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    placement text NOT NULL REFERENCES placement,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    low double precision,
    high double precision,
    step double precision CHECK (step > 0),
    freeze_h double precision CHECK (freeze_h > 0),
    apart double precision CHECK (apart > 0),
    at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    CHECK (valid_from < valid_to),
    CHECK (low < high)
);
CREATE INDEX placement_limit_placement ON placement_limit (placement, id);
CREATE TRIGGER placement_limit_stays BEFORE UPDATE OR DELETE ON placement_limit
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was decided on the quality of readings after they came in: a bit stands or is lifted from one
-- time to another. Of several for a reading and bit the newest counts; rows are only added.
-- decided_by: a person, or a job and its version.
CREATE TABLE qc_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id integer NOT NULL REFERENCES series,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    bit smallint NOT NULL CHECK (bit > 0 AND bit & (bit - 1) = 0),
    stands boolean NOT NULL,
    at timestamptz NOT NULL,
    person boolean NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    reason text NOT NULL CHECK (reason <> ''),
    evidence jsonb NOT NULL DEFAULT '{}',
    CHECK (since < until)
);
CREATE INDEX qc_decision_series ON qc_decision (series_id, until, since);
CREATE INDEX qc_decision_persons ON qc_decision (bit, series_id) WHERE person;
CREATE TRIGGER qc_decision_stays BEFORE UPDATE OR DELETE ON qc_decision
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The quality bits of a reading with all that was decided on it.
CREATE FUNCTION decided_qc(of_series integer, at_time timestamptz, found smallint)
RETURNS smallint LANGUAGE sql STABLE AS $$
    SELECT (found & ~coalesce(bit_or(bit) FILTER (WHERE NOT stands), 0::smallint)
        | coalesce(bit_or(bit) FILTER (WHERE stands), 0::smallint))::smallint
    FROM (
        SELECT DISTINCT ON (bit) bit, stands FROM qc_decision
        WHERE series_id = of_series AND since <= at_time AND until > at_time
        ORDER BY bit, id DESC
    ) newest
$$;

-- Writes what was decided to the readings of a series from one time to another. One series at a time:
-- a join over many would read whole partitions.
CREATE FUNCTION write_decided(of_series integer, from_time timestamptz, to_time timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
BEGIN
    UPDATE reading SET qc = decided_qc(series_id, time, qc)
    WHERE series_id = of_series AND time >= from_time AND time < to_time
      AND qc <> decided_qc(series_id, time, qc);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

-- How far a series was from its neighbours, by the median of its hours of a local day: what tells drift.
-- In the quantity's unit. usual: how far it was before, null where too few days are known; own_range and
-- near_range: highest less lowest hour of the series, and the median of its neighbours'.
CREATE TABLE departure (
    series_id integer NOT NULL,
    day date NOT NULL,
    departure real NOT NULL,
    usual real,
    own_range real NOT NULL,
    near_range real NOT NULL,
    PRIMARY KEY (day, series_id)
);

-- Waterings that nobody wrote down: seen in soil moisture, or counted by a flow meter. What people say
-- is in field_work. amount_mm is what entered at least [mm], or what the meter counted; NULL: unknown.
CREATE TABLE watering (
    field text NOT NULL REFERENCES field ON DELETE CASCADE,
    source text NOT NULL CHECK (source IN ('soil', 'meter')),
    day date NOT NULL,
    amount_mm real CHECK (amount_mm >= 0),
    told_by text NOT NULL CHECK (told_by <> ''),
    noted timestamptz NOT NULL,
    PRIMARY KEY (field, source, day, told_by)
);

-- Weather of fields by local day, as the water account uses it: an array from first on, NaN where it is
-- not known. ETo and rain [mm], wind at 2 m [m s-1], least humidity [%], mean temperature [degC].
CREATE TABLE water_weather (
    field text PRIMARY KEY REFERENCES field ON DELETE CASCADE,
    first date NOT NULL,
    eto real[] NOT NULL,
    rain real[] NOT NULL,
    wind real[] NOT NULL,
    rhmin real[] NOT NULL,
    warmth real[] NOT NULL
);

-- The newest water account of each field: what to do, and the days of its chart from first on, some of
-- them ahead of today [mm]; dry, wet: depletion in the soils that hold least and most.
CREATE TABLE water_account (
    field text PRIMARY KEY REFERENCES field ON DELETE CASCADE,
    computed timestamptz NOT NULL,
    today date NOT NULL,
    level text NOT NULL CHECK (level IN ('none', 'soon', 'now', 'cannot_say')),
    advice jsonb NOT NULL,
    first date NOT NULL,
    days jsonb NOT NULL
);

-- Outputs of nodes: what they were ordered, what they said, and who may switch what (docs/control.md).

-- A node that has outputs, as it spoke last. seq: the greatest number of an order that was given it, or that
-- it named; taken: the greatest that it has taken. epoch, boot: its newest start that was heard of, and of
-- that start: uptime [s] as it said last and when that came in; next_k: the number of its next state; whole:
-- all states before this number are here or given up; lost: how many were given up; gap_since: since when
-- one is wanted. said: all outputs at said_uptime and said_k, as arrays [output, on, left, by, hold, used].
-- asked: when, and how often for the same, it was asked what it is doing.
CREATE TABLE output_node (
    node text PRIMARY KEY REFERENCES node,
    seq bigint NOT NULL DEFAULT 0,
    taken bigint NOT NULL DEFAULT 0,
    epoch integer,
    boot bigint,
    uptime bigint,
    received timestamptz,
    next_k bigint NOT NULL DEFAULT 0,
    whole bigint NOT NULL DEFAULT 0,
    lost bigint NOT NULL DEFAULT 0,
    said jsonb,
    said_k bigint,
    said_uptime bigint,
    said_at timestamptz,
    gap_since timestamptz,
    asked timestamptz,
    asked_times integer NOT NULL DEFAULT 0
);

-- What was wanted of outputs. The id travels and is never used twice, also not by a database that was
-- restored: it is drawn by lot; place says which came first. valid_until: when it lapses if the node has not begun it. epoch, boot, seq and
-- until [s of the node's uptime]: as it was sent last. result: NULL until the node answers.
CREATE TABLE output_order (
    id bigint PRIMARY KEY CHECK (id > 0 AND id < 4503599627370496),
    place bigint GENERATED ALWAYS AS IDENTITY,
    node text NOT NULL REFERENCES node,
    act text NOT NULL CHECK (act IN ('on', 'off', 'all_off', 'auto')),
    output smallint CHECK (output BETWEEN 0 AND 31),
    seconds integer CHECK (seconds > 0),
    hold boolean,
    made timestamptz NOT NULL,
    person bigint REFERENCES person ON DELETE SET NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    source text NOT NULL CHECK (source IN ('person', 'schedule', 'sequence')),
    why text NOT NULL,
    valid_until timestamptz NOT NULL,
    epoch integer,
    boot bigint,
    seq bigint,
    until bigint,
    sent timestamptz,
    times integer NOT NULL DEFAULT 0,
    result text CHECK (result IN ('accepted', 'refused', 'withdrawn')),
    reason text,
    answered timestamptz,
    CHECK ((act = 'on') = (seconds IS NOT NULL)),
    CHECK (act = 'all_off' OR act = 'auto' OR output IS NOT NULL)
);
CREATE INDEX output_order_of_node ON output_order (node, made);
CREATE INDEX output_order_waiting ON output_order (node, valid_until) WHERE answered IS NULL;
CREATE INDEX output_order_on ON output_order (made) WHERE act = 'on';

-- What nodes said of their outputs, each state once, as it travelled: docs/control.md names the words.
CREATE TABLE output_state (
    node text NOT NULL REFERENCES node,
    epoch integer NOT NULL,
    boot bigint NOT NULL,
    k bigint NOT NULL,
    uptime bigint NOT NULL,
    output smallint,
    state text NOT NULL,
    by bigint NOT NULL,
    more jsonb,
    received timestamptz NOT NULL,
    PRIMARY KEY (node, epoch, boot, k)
);
CREATE INDEX output_state_by ON output_state (by) WHERE by > 0;
CREATE INDEX output_state_received ON output_state (node, received);

-- Who is on a place's list: may switch all of it off, and with the permission switch it.
CREATE TABLE control_list (
    field text NOT NULL REFERENCES field,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    since timestamptz NOT NULL,
    listed_by text NOT NULL CHECK (listed_by <> ''),
    PRIMARY KEY (field, person)
);
CREATE INDEX control_list_person ON control_list (person);

-- What the server does by itself with outputs, and how much water may flow (docs/control.md).

-- An output on at local times: start and finish as "06:30", days 1 Monday to 7 Sunday.
CREATE TABLE output_schedule (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    output smallint NOT NULL CHECK (output BETWEEN 0 AND 31),
    days smallint[] NOT NULL CHECK (cardinality(days) > 0),
    start text NOT NULL CHECK (start ~ '^[0-2][0-9]:[0-5][0-9]$'),
    finish text NOT NULL CHECK (finish ~ '^[0-2][0-9]:[0-5][0-9]$'),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    why text NOT NULL,
    ended timestamptz,
    ended_by text
);
CREATE INDEX output_schedule_node ON output_schedule (node) WHERE ended IS NULL;

-- What came of a schedule at a time: an order, or why there was none.
CREATE TABLE output_schedule_run (
    schedule bigint NOT NULL REFERENCES output_schedule,
    due timestamptz NOT NULL,
    given bigint REFERENCES output_order,
    refused text,
    PRIMARY KEY (schedule, due),
    CHECK (num_nulls(given, refused) = 1)
);

-- Outputs one after another; m3 is what it is to give, NULL where it follows no advice.
CREATE TABLE output_sequence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    m3 double precision CHECK (m3 > 0),
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    why text NOT NULL,
    ended timestamptz,
    result text CHECK (result IN ('done', 'stopped')),
    reason text,
    CHECK ((ended IS NULL) = (result IS NULL))
);
CREATE UNIQUE INDEX output_sequence_open ON output_sequence (field) WHERE ended IS NULL;

-- after: 'end' waits until all before it ended well, 'on' until the one before it is on.
CREATE TABLE output_sequence_step (
    sequence bigint NOT NULL REFERENCES output_sequence,
    number smallint NOT NULL,
    node text NOT NULL REFERENCES node,
    output smallint NOT NULL CHECK (output BETWEEN 0 AND 31),
    seconds integer NOT NULL CHECK (seconds > 0),
    after text NOT NULL CHECK (after IN ('end', 'on')),
    given bigint REFERENCES output_order,
    PRIMARY KEY (sequence, number)
);

-- A person lets the server do what the advice says, on a field for a season's days.
CREATE TABLE advice_release (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    first date NOT NULL,
    last date NOT NULL CHECK (last >= first),
    most_mm double precision NOT NULL CHECK (most_mm > 0 AND most_mm <= 300),
    at timestamptz NOT NULL,
    released_by text NOT NULL CHECK (released_by <> ''),
    why text NOT NULL,
    withdrawn timestamptz,
    withdrawn_by text
);
CREATE INDEX advice_release_field ON advice_release (field);

-- What flows while a valve is open, as somebody measured it; the newest counts.
CREATE TABLE output_flow (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node text NOT NULL REFERENCES node,
    output smallint NOT NULL CHECK (output BETWEEN 0 AND 31),
    m3_h double precision NOT NULL CHECK (m3_h > 0 AND m3_h <= 1000),
    at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    why text NOT NULL
);
CREATE INDEX output_flow_newest ON output_flow (node, output, id DESC);

-- How much water a field may have in a season's days; of two for a day the newer counts.
CREATE TABLE water_allocation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    first date NOT NULL,
    last date NOT NULL CHECK (last >= first),
    m3 double precision NOT NULL CHECK (m3 > 0),
    at timestamptz NOT NULL,
    given_by text NOT NULL CHECK (given_by <> ''),
    why text NOT NULL
);
CREATE INDEX water_allocation_field ON water_allocation (field);
