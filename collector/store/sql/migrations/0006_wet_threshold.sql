-- The relative humidity [%] from which leaves count as wet, where a placement has its own.
ALTER TABLE placement
    ADD COLUMN wet_threshold double precision CHECK (wet_threshold BETWEEN 70 AND 100),
    ADD CHECK (wet_threshold IS NULL OR quantity = 'relative_humidity');
