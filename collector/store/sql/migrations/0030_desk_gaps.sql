-- Messages person by person, and who a maintenance item was given to.

-- failure: the event by which a message did not go out, or waits; detail: what the gateway said.
-- again: how often an officer had it sent again; who presses names the number that they saw, so that
-- of two who press one is told.
ALTER TABLE delivery
    ADD COLUMN failure text,
    ADD COLUMN detail text NOT NULL DEFAULT '',
    ADD COLUMN again smallint NOT NULL DEFAULT 0;

-- Who is to look after an item; empty where a name was typed in before there was a list.
ALTER TABLE maintenance_item ADD COLUMN assigned_person bigint REFERENCES person ON DELETE SET NULL;
CREATE INDEX maintenance_item_assigned ON maintenance_item (assigned_person)
    WHERE closed IS NULL AND assigned_person IS NOT NULL;
