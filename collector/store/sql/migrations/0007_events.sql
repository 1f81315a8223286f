-- What is kept for people is a kind and its parameters (field_configs/events.py), not a sentence.
-- Rows of before keep theirs as the parameter "detail".

ALTER TABLE maintenance_item ADD COLUMN params jsonb NOT NULL DEFAULT '{}';
UPDATE maintenance_item SET params = jsonb_build_object('detail', detail);
ALTER TABLE maintenance_item DROP COLUMN detail;
-- The life of an item: who has seen it, and who closed it (NULL: its cause was gone).
ALTER TABLE maintenance_item ADD COLUMN seen timestamptz;
ALTER TABLE maintenance_item ADD COLUMN seen_by text;
ALTER TABLE maintenance_item ADD COLUMN closed_by text;
ALTER TABLE maintenance_item ADD COLUMN note text;
CREATE INDEX maintenance_item_closed ON maintenance_item (closed DESC) WHERE closed IS NOT NULL;

ALTER TABLE dead_letter ADD COLUMN params jsonb NOT NULL DEFAULT '{}';
UPDATE dead_letter SET params = jsonb_build_object('detail', detail);
ALTER TABLE dead_letter DROP COLUMN detail;

-- What a job did, or the error; NULL while it runs.
ALTER TABLE job_run ADD COLUMN kind text;
ALTER TABLE job_run ADD COLUMN params jsonb NOT NULL DEFAULT '{}';
UPDATE job_run SET kind = 'job_detail', params = jsonb_build_object('detail', detail)
WHERE outcome <> 'running';
ALTER TABLE job_run DROP COLUMN detail;
