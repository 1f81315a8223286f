-- Inspection: recalls and drills, sampling plans, non-conformities -------------------------------

-- A recall (R…), or a drill (D…), which changes nothing but these rows. start: the code of a lot or the
-- id of a field; village: where it grew, None where nobody knows one. class: 1 the gravest. Rows of all
-- tables of inspection are added and never changed, but for messages on their way.
CREATE TABLE recall (
    number text PRIMARY KEY CHECK (number ~ '^[RD][0-9]{6}-[2-9A-Z]{10}$'),
    drill boolean NOT NULL CHECK (drill = (number LIKE 'D%')),
    what text NOT NULL CHECK (what IN ('lot', 'field')),
    start text NOT NULL,
    village text REFERENCES village,
    class smallint NOT NULL CHECK (class BETWEEN 1 AND 3),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
-- What was recalled is recalled once; drills may be as many as people like.
CREATE UNIQUE INDEX recall_once ON recall (what, start) WHERE NOT drill;
CREATE TRIGGER recall_stays BEFORE UPDATE OR DELETE ON recall
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What had become of it whenever somebody looked; the newest counts. seconds: how long making it took.
CREATE TABLE recall_list (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall text NOT NULL REFERENCES recall,
    content jsonb NOT NULL,
    seconds double precision NOT NULL CHECK (seconds >= 0),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX recall_list_newest ON recall_list (recall, id DESC);
CREATE TRIGGER recall_list_stays BEFORE UPDATE OR DELETE ON recall_list
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What a holder says became of the goods [kg]; the newest of a holder counts.
CREATE TABLE recall_answer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall text NOT NULL REFERENCES recall,
    holder text NOT NULL,
    found_kg double precision NOT NULL CHECK (found_kg >= 0 AND found_kg < 'infinity'),
    destroyed_kg double precision NOT NULL CHECK (destroyed_kg >= 0 AND destroyed_kg <= found_kg),
    sold_kg double precision NOT NULL CHECK (sold_kg >= 0 AND sold_kg < 'infinity'),
    note text NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE INDEX recall_answer_newest ON recall_answer (recall, holder, id DESC);
CREATE TRIGGER recall_answer_stays BEFORE UPDATE OR DELETE ON recall_answer
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A recall is closed once, with its figures as they stood.
CREATE TABLE recall_closed (
    recall text PRIMARY KEY REFERENCES recall,
    reason text NOT NULL CHECK (reason <> ''),
    figures jsonb NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER recall_closed_stays BEFORE UPDATE OR DELETE ON recall_closed
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Text messages of a recall: each person of a holder is told one text once.
CREATE TABLE recall_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall text NOT NULL REFERENCES recall,
    holder text NOT NULL,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    text text NOT NULL CHECK (text <> ''),
    state text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown')),
    queued timestamptz NOT NULL,
    done timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    failure text,
    detail text NOT NULL DEFAULT '',
    UNIQUE (recall, holder, person, text)
);
CREATE INDEX recall_message_queue ON recall_message (id) WHERE state = 'queued';

-- A plan of samples. frame: every lot that could have been drawn, with the weight that it had, so that
-- the draw can be done again from seed. drawn: its lots, in order.
CREATE TABLE sampling_plan (
    number text PRIMARY KEY CHECK (number ~ '^M[0-9]{6}-[2-9A-Z]{10}$'),
    starts date NOT NULL,
    ends date NOT NULL CHECK (ends >= starts),
    produce text[] NOT NULL CHECK (cardinality(produce) > 0),
    places text[] NOT NULL CHECK (cardinality(places) > 0),
    samples integer NOT NULL CHECK (samples > 0),
    substances text[] NOT NULL CHECK (cardinality(substances) > 0),
    reason text NOT NULL CHECK (reason IN ('routine', 'risk', 'complaint')),
    seed text NOT NULL CHECK (seed <> ''),
    frame jsonb NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> '')
);
CREATE TRIGGER sampling_plan_stays BEFORE UPDATE OR DELETE ON sampling_plan
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A lot that a plan drew; place: in the order of the draw.
CREATE TABLE sample (
    plan text NOT NULL REFERENCES sampling_plan,
    lot text NOT NULL REFERENCES lot,
    place integer NOT NULL,
    PRIMARY KEY (plan, lot)
);
-- no lot is drawn twice
CREATE UNIQUE INDEX sample_lot ON sample (lot);
CREATE TRIGGER sample_stays BEFORE UPDATE OR DELETE ON sample
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- That a sample was taken, on which local day.
CREATE TABLE sample_taken (
    plan text NOT NULL,
    lot text NOT NULL,
    day date NOT NULL,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    PRIMARY KEY (plan, lot),
    FOREIGN KEY (plan, lot) REFERENCES sample
);
CREATE TRIGGER sample_taken_stays BEFORE UPDATE OR DELETE ON sample_taken
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The test that a sample led to, with what was measured where the report gives it; source: where the
-- limit stands, as the inspector wrote it down.
CREATE TABLE sample_result (
    plan text NOT NULL,
    lot text NOT NULL,
    test bigint NOT NULL REFERENCES lot_test,
    substance text NOT NULL DEFAULT '',
    value double precision CHECK (value >= 0 AND value < 'infinity'),
    limit_value double precision CHECK (limit_value >= 0 AND limit_value < 'infinity'),
    unit text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    PRIMARY KEY (plan, lot),
    FOREIGN KEY (plan, lot) REFERENCES sample,
    CHECK (value IS NULL OR (unit <> '' AND substance <> '')),
    CHECK (limit_value IS NULL OR (unit <> '' AND source <> ''))
);
CREATE TRIGGER sample_result_stays BEFORE UPDATE OR DELETE ON sample_result
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A non-conformity as it was found: of a lot, a field or somebody; plan: the sample that showed it.
CREATE TABLE finding (
    number text PRIMARY KEY CHECK (number ~ '^N[0-9]{6}-[2-9A-Z]{10}$'),
    what text NOT NULL CHECK (what <> ''),
    lot text REFERENCES lot,
    field text REFERENCES field,
    party text NOT NULL DEFAULT '',
    village text REFERENCES village,
    severity text NOT NULL CHECK (severity IN ('minor', 'major', 'critical')),
    found_by text NOT NULL CHECK (found_by <> ''),
    due date NOT NULL,
    plan text REFERENCES sampling_plan,
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    CHECK (lot IS NOT NULL OR field IS NOT NULL OR party <> '')
);
CREATE INDEX finding_lot ON finding (lot);
CREATE TRIGGER finding_stays BEFORE UPDATE OR DELETE ON finding
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What became of a non-conformity; the newest step counts, and of two who saw the same one adds one.
CREATE TABLE finding_step (
    finding text NOT NULL REFERENCES finding,
    number integer NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'escalated')),
    action text NOT NULL DEFAULT '',
    evidence text NOT NULL DEFAULT '',
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    person bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    PRIMARY KEY (finding, number)
);
CREATE TRIGGER finding_step_stays BEFORE UPDATE OR DELETE ON finding_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();
