-- Security keys and passkeys: the second step of staff beside the authenticator app.
-- credential names the key to its holder's browser; public_key proves what it signs; sign_count is
-- the key's own counter, which never goes back; used: when it let its holder in last.
CREATE TABLE person_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    credential bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    transports text[] NOT NULL,
    device_type text NOT NULL,
    backed_up boolean NOT NULL,
    added timestamptz NOT NULL,
    used timestamptz,
    UNIQUE (person, name)
);

-- What answered once answers no more: SHA-256 of the question that a key signed, and of the step of
-- an authenticator app's code with the person.
CREATE TABLE answer_used (
    digest bytea PRIMARY KEY,
    at timestamptz NOT NULL
);
CREATE INDEX answer_used_at ON answer_used (at);

-- Which private page of whom a person has seen in which hour: the audit log has one entry for each.
CREATE TABLE read_noted (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    page text NOT NULL,
    subject text NOT NULL,
    hour timestamptz NOT NULL,
    PRIMARY KEY (person, page, subject, hour)
);
CREATE INDEX read_noted_hour ON read_noted (hour);
