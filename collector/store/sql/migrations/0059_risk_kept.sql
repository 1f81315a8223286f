-- Outlooks of risk are kept as they were issued, and set against what came. New tables, and columns of a small
-- one that is replaced each night: no lock that anybody waits for.

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

-- Pairs that every lead day has, and the mean absolute error on these.
ALTER TABLE outlook_skill ADD COLUMN same_pairs integer NOT NULL DEFAULT 0, ADD COLUMN same_mae double precision;
