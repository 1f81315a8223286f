-- The desk: one decision on a hazard, crop and township, every step of it, and how the word went out.

ALTER TABLE advisory_release ADD COLUMN withdrawn timestamptz;
CREATE INDEX advisory_in_force ON advisory (hazard, crop) WHERE ended IS NULL;
CREATE INDEX village_place ON village ((coalesce(township, county)));

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
-- agent attested that the loudspeaker spoke, or that they went from door to door.
CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step bigint NOT NULL REFERENCES decision_step,
    village text NOT NULL REFERENCES village,
    channel text NOT NULL CHECK (channel IN ('page', 'sms', 'reminder', 'loudspeaker', 'door')),
    person bigint REFERENCES person ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN (
        'queued', 'sending', 'sent', 'failed', 'unknown', 'stopped', 'heard')),
    queued timestamptz NOT NULL,
    done timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    attested_by text,
    note text NOT NULL DEFAULT '',
    UNIQUE NULLS NOT DISTINCT (step, village, channel, person)
);
CREATE INDEX delivery_queue ON delivery (id) WHERE state = 'queued';
CREATE INDEX delivery_village ON delivery (village, step);
