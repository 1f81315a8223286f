-- Bulletins ------------------------------------------------------------------------------------

-- A bulletin before it is issued. area: '' for the city, else the code of a county; week: the local
-- Monday of one that the weekly job drew up, of which there is one for an area; tables: the figures
-- as they were at `made`; corrects: the issued one that it corrects.
CREATE TABLE bulletin_draft (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area text NOT NULL,
    made timestamptz NOT NULL,
    made_by text NOT NULL CHECK (made_by <> ''),
    week date,
    tables jsonb NOT NULL,
    corrects_year smallint,
    corrects_number smallint,
    given_up timestamptz,
    UNIQUE (area, week),
    CHECK ((corrects_year IS NULL) = (corrects_number IS NULL))
);

-- What officers wrote, each save on its own: of two who save at once, one is told.
CREATE TABLE bulletin_text (
    draft bigint NOT NULL REFERENCES bulletin_draft,
    edition integer NOT NULL CHECK (edition > 0),
    texts jsonb NOT NULL,
    written_by text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (draft, edition)
);
CREATE TRIGGER bulletin_text_stays BEFORE UPDATE OR DELETE ON bulletin_text
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was issued, whole. Numbers count within the year: `follows` is the one before, which must be
-- there, so that there are no gaps; a draft is issued once.
CREATE TABLE bulletin (
    year smallint NOT NULL,
    number smallint NOT NULL CHECK (number > 0),
    follows smallint,
    draft bigint NOT NULL UNIQUE REFERENCES bulletin_draft,
    area text NOT NULL,
    issued timestamptz NOT NULL,
    issued_by text NOT NULL CHECK (issued_by <> ''),
    content jsonb NOT NULL,
    corrects_year smallint,
    corrects_number smallint,
    PRIMARY KEY (year, number),
    CHECK ((number = 1) = (follows IS NULL)),
    CHECK (follows = number - 1),
    CHECK ((corrects_year IS NULL) = (corrects_number IS NULL)),
    FOREIGN KEY (year, follows) REFERENCES bulletin (year, number),
    FOREIGN KEY (corrects_year, corrects_number) REFERENCES bulletin (year, number)
);
CREATE INDEX bulletin_issued ON bulletin (area, issued);
CREATE TRIGGER bulletin_stays BEFORE UPDATE OR DELETE ON bulletin
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Insect traps: how many were caught in a field's trap over some nights, the newest report of an
-- observer, field, insect and day counts; those before it are kept. insect: a hazard's id.
CREATE TABLE trap_count (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    field text NOT NULL REFERENCES field,
    insect text NOT NULL,
    date date NOT NULL,
    nights smallint NOT NULL CHECK (nights BETWEEN 1 AND 31),
    count integer NOT NULL CHECK (count >= 0),
    observer text NOT NULL,
    note text NOT NULL,
    origin text NOT NULL,
    received timestamptz NOT NULL
);
CREATE INDEX trap_count_newest ON trap_count (field, insect, date, observer, id DESC);
