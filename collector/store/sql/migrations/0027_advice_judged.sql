-- What advice rests on ----------------------------------------------------------------------------

-- How far the job that issues advice has come: the newest answer and the newest delivery of a
-- forecast that it has seen, and by what code, on which part of which day. One row or none.
CREATE TABLE advice_judged (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    status bigint NOT NULL,
    delivery bigint NOT NULL,
    by_code text NOT NULL
);
