-- Hours of the newest forecast that are fit for spraying at a field, as [[from, to], ...]; NULL: nothing
-- is known.
CREATE TABLE spraying_hours (
    field text PRIMARY KEY REFERENCES field ON DELETE CASCADE,
    hours jsonb
);

-- By which delivery of a forecast hours for spraying were told last, and by what code, on which part of
-- which day. One row or none.
CREATE TABLE spraying_told (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    delivery bigint NOT NULL,
    by_code text NOT NULL
);

-- They were part of advice, which was issued anew whenever an hour of them moved.
ALTER TABLE advisory DROP COLUMN spraying;
ALTER TABLE advice_judged DROP COLUMN delivery;
