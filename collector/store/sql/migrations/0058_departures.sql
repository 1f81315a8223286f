-- How far a series was from its neighbours, by the median of its hours of a local day: what tells drift.
-- In the quantity's unit. usual: how far it was before, null where too few days are known; own_range and
-- near_range: highest less lowest hour of the series, and the median of its neighbours'.
CREATE TABLE departure (
    series_id integer NOT NULL,
    day date NOT NULL,
    departure real NOT NULL,
    usual real,
    own_range real NOT NULL,
    near_range real NOT NULL,
    PRIMARY KEY (day, series_id)
);
