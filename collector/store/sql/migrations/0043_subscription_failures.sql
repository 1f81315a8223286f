-- Subscriptions: tokens encrypted, what went wrong last, what a receiver was told of it -----------

-- token_sealed: token, encrypted under a key that follows from the web's; token alone where it was
-- kept before that, until the job has sealed it. problem: of what kind its receiver was told since
-- its query cannot be carried out. last_failed, last_failure stay when it is well again.
ALTER TABLE trace_subscription
ADD COLUMN token_sealed bytea CHECK (length(token_sealed) > 28),
ADD COLUMN problem text,
ADD COLUMN last_failed timestamptz,
ADD COLUMN last_failure text,
ADD CHECK (token IS NULL OR token_sealed IS NULL);
