-- The deadline of advice stays as it was given: when its answer was last confirmed stands apart.
-- Until now the window moved on with each confirmation, so that its first day tells it.
ALTER TABLE advisory ADD COLUMN confirmed timestamptz;
UPDATE advisory SET confirmed = coalesce(window_from, issued);
ALTER TABLE advisory ALTER COLUMN confirmed SET NOT NULL;
