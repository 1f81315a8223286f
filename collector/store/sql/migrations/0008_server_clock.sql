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

-- Frames whose times cannot be right wait while the server's clock is in doubt.
ALTER TABLE frame DROP CONSTRAINT frame_state_check;
ALTER TABLE frame ADD CONSTRAINT frame_state_check CHECK (
    state IN ('decoded', 'waiting_time', 'waiting_layout', 'dead', 'waiting_clock'));
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
