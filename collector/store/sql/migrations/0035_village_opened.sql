-- How often a village's page was opened, in numbers only: by ten minutes, and by nobody's name.
CREATE TABLE village_opened (
    village text NOT NULL REFERENCES village,
    since timestamptz NOT NULL,
    opens integer NOT NULL CHECK (opens > 0),
    PRIMARY KEY (village, since)
);
CREATE INDEX village_opened_since ON village_opened (since);
