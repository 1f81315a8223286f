-- Villages whose position nobody measured: the list of a city names three thousand.
ALTER TABLE village ALTER longitude DROP NOT NULL;
ALTER TABLE village ALTER latitude DROP NOT NULL;
ALTER TABLE village DROP CONSTRAINT village_position_check;
ALTER TABLE village ADD CONSTRAINT village_position_check
    CHECK (position IN ('illustrative', 'surveyed', 'unknown'));
ALTER TABLE village ADD CONSTRAINT village_position_known
    CHECK (num_nulls(longitude, latitude) = CASE position WHEN 'unknown' THEN 2 ELSE 0 END);
CREATE INDEX village_township ON village (township);
