-- What kind of trap a count is of; '' for counts from before it was asked. An insect is one of a list
-- of its own, no longer a hazard's id.
ALTER TABLE trap_count ADD COLUMN trap text NOT NULL DEFAULT '';
ALTER TABLE trap_count ALTER COLUMN trap DROP DEFAULT;
UPDATE trap_count SET insect = 'asian_corn_borer' WHERE insect = 'maize_asian_corn_borer';
UPDATE trap_count SET insect = 'fall_armyworm' WHERE insect = 'maize_fall_armyworm';
DROP INDEX trap_count_newest;
CREATE INDEX trap_count_newest ON trap_count (field, insect, trap, date, observer, id DESC);
