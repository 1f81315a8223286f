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
CREATE INDEX risk_status_time ON risk_status USING brin (time) WITH (pages_per_range = 32);
