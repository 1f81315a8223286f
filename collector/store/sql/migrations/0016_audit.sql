-- Who saw or changed what. Entries are chained: digest is a SHA-256 over the entry and the digest of
-- the one before it (previous); docs/audit.md has the bytes. number has no gaps: the writer counts.
CREATE TABLE audit_entry (
    number bigint PRIMARY KEY CHECK (number > 0),
    at timestamptz NOT NULL CHECK (isfinite(at)),
    actor text NOT NULL CHECK (actor <> ''),
    action text NOT NULL CHECK (action <> ''),
    object text NOT NULL,
    detail jsonb NOT NULL CHECK (jsonb_typeof(detail) = 'object'),
    previous bytea NOT NULL CHECK (length(previous) = 32),
    digest bytea NOT NULL CHECK (length(digest) = 32)
);
CREATE INDEX audit_entry_at ON audit_entry (at);

-- Against accidents. Who means harm can switch this off; the chain and its heads tell of that.
CREATE FUNCTION refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entry: % refused; entries are added and never changed', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_kept;
