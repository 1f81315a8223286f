-- Keys of entries that forms sent, so that one sent again writes nothing and gets the first result.
CREATE TABLE entry_key (
    key text PRIMARY KEY,
    at timestamptz NOT NULL,
    result jsonb
);
