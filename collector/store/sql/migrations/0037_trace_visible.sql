-- Which events each party may see, kept when events are added: its own, and those that name what it
-- handled. What these events name and say is kept beside it, but for what the party handled itself.
-- All of it follows from trace_event and trace_term, so nothing here refers to them.
CREATE TABLE trace_visible (
    party text COLLATE "C" NOT NULL,
    event bigint NOT NULL
);
CREATE TABLE trace_seen (
    party text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL
);
CREATE INDEX trace_handled_value ON trace_handled (value);
-- A thing's terms stand together: by them it is followed and shared.
ALTER TABLE trace_term DROP CONSTRAINT trace_term_pkey, ADD PRIMARY KEY (value, kind, event);
DROP INDEX trace_term_value;
CREATE INDEX trace_term_kind ON trace_term (kind, value);
CREATE INDEX trace_event_declared ON trace_event (party, event_id) WHERE declared IS NOT NULL;
INSERT INTO trace_visible (party, event)
SELECT party, id FROM trace_event
UNION
SELECT h.party, t.event FROM trace_handled AS h JOIN trace_term AS t ON t.value = h.value
WHERE t.kind IN ('epc', 'child', 'input', 'output', 'parent', 'class', 'child_class',
    'input_class', 'output_class');
INSERT INTO trace_seen (party, kind, value)
SELECT DISTINCT v.party, said.kind, said.value
FROM trace_visible AS v JOIN trace_event AS e ON e.id = v.event
CROSS JOIN LATERAL (VALUES ('type', e.type), ('biz_step', e.biz_step),
    ('disposition', e.disposition), ('read_point', e.read_point),
    ('biz_location', e.biz_location)) AS said (kind, value)
WHERE said.value IS NOT NULL;
INSERT INTO trace_seen (party, kind, value)
SELECT DISTINCT v.party, 'thing', t.value
FROM trace_visible AS v JOIN trace_term AS t ON t.event = v.event
    AND t.kind IN ('epc', 'child', 'input', 'output', 'parent')
WHERE NOT EXISTS (
    SELECT 1 FROM trace_handled AS h WHERE h.party = v.party AND h.value = t.value);
ALTER TABLE trace_visible ADD PRIMARY KEY (party, event);
ALTER TABLE trace_seen ADD PRIMARY KEY (party, kind, value);
