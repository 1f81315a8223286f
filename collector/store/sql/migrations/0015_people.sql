-- Who may do what: people, what each may do where, how they get in.

-- Staff sign in by username, farmers by phone (E.164). uniquifier names the person in sessions; a
-- new one ends them all. verified: when a code sent to the phone came back. The secrets are those
-- of one-time codes, encrypted by the web application.
CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    username text UNIQUE CHECK (username = lower(username)),
    phone text UNIQUE CHECK (phone ~ '^\+[0-9]{8,15}$'),
    password text,
    active boolean NOT NULL DEFAULT true,
    uniquifier text NOT NULL UNIQUE,
    code_method text,
    code_secret text,
    phone_secrets text,
    created timestamptz NOT NULL,
    verified timestamptz,
    signed_in timestamptz,
    signed_in_before timestamptz,
    sign_ins integer NOT NULL DEFAULT 0,
    CHECK (username IS NOT NULL OR phone IS NOT NULL OR NOT active)
);

-- A role in a part of the tree city -> county -> township -> village; the city's scope is ''.
CREATE TABLE person_grant (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    role text NOT NULL,
    level text NOT NULL CHECK (level IN ('city', 'county', 'township', 'village')),
    scope text NOT NULL CHECK ((scope = '') = (level = 'city')),
    granted timestamptz NOT NULL,
    granted_by text NOT NULL,
    PRIMARY KEY (person, role, level, scope)
);

-- A deputy may do what another may, until a time.
CREATE TABLE deputy (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    stands_for bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    ends timestamptz NOT NULL,
    named timestamptz NOT NULL,
    named_by text NOT NULL,
    PRIMARY KEY (person, stands_for),
    CHECK (person <> stands_for)
);

-- Links that sign in once. Only the SHA-256 of what stands in the link is kept.
CREATE TABLE sign_in_link (
    digest bytea PRIMARY KEY,
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    made timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    used timestamptz
);

-- Failed attempts, to slow those who guess. account: SHA-256 of what was entered; network: /24 of
-- IPv4, /56 of IPv6.
CREATE TABLE sign_in_failure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account bytea NOT NULL,
    network text NOT NULL
);
CREATE INDEX sign_in_failure_account ON sign_in_failure (account, at);
CREATE INDEX sign_in_failure_network ON sign_in_failure (network, at);

-- Where a person has signed in from: their own networks stay open to them while others guess.
CREATE TABLE sign_in_network (
    person bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    network text NOT NULL,
    last timestamptz NOT NULL,
    PRIMARY KEY (person, network)
);
