-- What was in force in a village on a day gone by is found by its fields; so far the whole table was
-- read for it.
CREATE INDEX advisory_site ON advisory (site);
