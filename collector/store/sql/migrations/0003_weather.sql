-- Weather from elsewhere: forecasts and observations of other stations, and the days ahead.

-- A place of such weather: a village, a field, or a station or grid point with its own position.
CREATE TABLE weather_place (
    id text PRIMARY KEY,
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90)
);

CREATE TABLE weather_series (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('forecast', 'observed')),
    source text NOT NULL,
    place text NOT NULL REFERENCES weather_place,
    quantity text NOT NULL,
    UNIQUE (kind, source, place, quantity)
);

-- time is the start of the hour. issued: when a forecast was made; the end of the hour for what
-- was observed, so that an observation exists once.
CREATE TABLE weather_value (
    series_id integer NOT NULL REFERENCES weather_series,
    time timestamptz NOT NULL,
    issued timestamptz NOT NULL,
    value double precision NOT NULL,
    qc smallint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (series_id, time, issued)
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
    PRIMARY KEY (site, crop, hazard, time)
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
