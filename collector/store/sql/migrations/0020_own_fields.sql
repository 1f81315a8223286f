-- Fields that people keep themselves, what they write down of them, and villages that were merged.
ALTER TABLE village
    ADD COLUMN merged_into text REFERENCES village,
    ADD CHECK (merged_into <> id);
ALTER TABLE field ADD COLUMN private boolean NOT NULL DEFAULT false;

CREATE TABLE photo (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    received timestamptz NOT NULL,
    jpeg bytea NOT NULL
);
ALTER TABLE photo ALTER COLUMN jpeg SET STORAGE EXTERNAL;

ALTER TABLE scouting_report
    ADD COLUMN grade smallint CHECK (grade BETWEEN 1 AND 5),
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    ADD COLUMN photo bigint REFERENCES photo,
    ADD CHECK ((longitude IS NULL) = (latitude IS NULL));

ALTER TABLE field_work
    DROP CONSTRAINT field_work_kind_check,
    ADD CONSTRAINT field_work_kind_check CHECK (kind IN (
        'spray', 'irrigation', 'fertilising', 'weeding', 'harvest', 'other')),
    ADD COLUMN dose text NOT NULL DEFAULT '',
    ADD COLUMN area_ha double precision CHECK (area_ha > 0),
    ADD COLUMN interval_d smallint CHECK (interval_d BETWEEN 0 AND 365),
    ADD COLUMN entry text NOT NULL DEFAULT '';
DROP INDEX field_work_newest;
CREATE INDEX field_work_newest ON field_work (field, kind, date, recorded_by, entry, id DESC);
CREATE INDEX field_work_entry ON field_work (entry, id DESC) WHERE entry <> '';

CREATE TABLE own_field (
    field text PRIMARY KEY REFERENCES field,
    soil text CHECK (soil IN ('sand', 'loam', 'clay')),
    edition integer NOT NULL DEFAULT 1,
    changed timestamptz NOT NULL,
    changed_by bigint REFERENCES person ON DELETE SET NULL,
    given_up timestamptz
);

CREATE TABLE field_keeper (
    field text NOT NULL REFERENCES own_field,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    owner boolean NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (field, person)
);
CREATE UNIQUE INDEX field_keeper_owner ON field_keeper (field) WHERE owner;
CREATE INDEX field_keeper_person ON field_keeper (person);

CREATE TABLE field_invitation (
    field text NOT NULL REFERENCES own_field,
    phone text NOT NULL CHECK (phone ~ '^\+[0-9]{8,15}$'),
    invited_by bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    at timestamptz NOT NULL,
    PRIMARY KEY (field, phone)
);
CREATE INDEX field_invitation_phone ON field_invitation (phone);

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
