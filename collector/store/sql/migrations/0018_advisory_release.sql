-- Who released advice to the public, and when. Advice that goes on keeps its date of issue, and with
-- it its release, however often the job writes it anew.
CREATE TABLE advisory_release (
    site text NOT NULL,
    crop text NOT NULL,
    hazard text NOT NULL,
    issued timestamptz NOT NULL,
    released_by text NOT NULL CHECK (released_by <> ''),
    at timestamptz NOT NULL,
    PRIMARY KEY (site, crop, hazard, issued)
);
