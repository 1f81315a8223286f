-- Public key (Ed25519) of who signs updates, which the node was enrolled with: of another it takes none.
ALTER TABLE node ADD COLUMN update_key bytea CHECK (octet_length(update_key) = 32);
