-- How far a series was from its neighbours in an hour of the median, by local day: what tells drift.
-- departure and spread are in the quantity's unit (of relative humidity: of the dew point).
-- own_range and near_range: highest less lowest hour of the series, and the median of its neighbours'.
CREATE TABLE departure (
    series_id integer NOT NULL,
    day date NOT NULL,
    hours smallint NOT NULL,
    departure real NOT NULL,
    value real NOT NULL,
    own_range real NOT NULL,
    near_range real NOT NULL,
    neighbours smallint NOT NULL,
    PRIMARY KEY (day, series_id)
);
