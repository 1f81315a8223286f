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
