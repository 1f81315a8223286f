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
