-- Messages that went out to people, without what they said. recipient: SHA-256 of the number, so that
-- one number's messages are found; masked: what people see of it. state: sending (left, or its
-- sender died), sent (the provider took it), failed (it did not go out), unknown (it may have).
CREATE TABLE message_sent (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    way text NOT NULL CHECK (way <> ''),
    template text NOT NULL CHECK (template <> ''),
    recipient bytea NOT NULL CHECK (length(recipient) = 32),
    masked text NOT NULL,
    key uuid NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('sending', 'sent', 'failed', 'unknown')),
    reference text,
    error text
);
CREATE INDEX message_sent_recipient ON message_sent (recipient, at);
CREATE INDEX message_sent_at ON message_sent (at);
