-- What nodes sent may be moved to compressed files after a while; who sent what stays here.
-- Changes of the catalogue only, whatever frame holds: ACCESS EXCLUSIVE on it for milliseconds.

-- Files of frames, below the folder of archives. sha256: of the file; through: frames up to this number
-- were looked at, left_out: those of them that were not ready (they waited, or are dead) and are looked
-- at again.
CREATE TABLE frame_archive (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file text NOT NULL UNIQUE,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    frames integer NOT NULL CHECK (frames > 0),
    first_received timestamptz NOT NULL,
    last_received timestamptz NOT NULL,
    through bigint NOT NULL,
    left_out bigint[] NOT NULL,
    made timestamptz NOT NULL
);
CREATE TRIGGER frame_archive_stays BEFORE UPDATE OR DELETE ON frame_archive
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- archive: the file that sealed is in, of which digest is left, the first 128 bits of its SHA-256; so a
-- frame that comes again is still compared. No foreign key: to add one reads the whole table.
ALTER TABLE frame ALTER COLUMN sealed DROP NOT NULL;
ALTER TABLE frame ADD COLUMN archive integer, ADD COLUMN digest bytea;
ALTER TABLE frame ADD CONSTRAINT frame_sealed_somewhere CHECK (
    CASE WHEN archive IS NULL THEN sealed IS NOT NULL AND digest IS NULL
    ELSE sealed IS NULL AND octet_length(digest) = 16 AND state IN ('decoded', 'dead') END) NOT VALID;

-- repaired: when what it holds was taken in after all.
ALTER TABLE dead_letter ADD COLUMN repaired timestamptz;
CREATE INDEX dead_letter_open ON dead_letter (id) WHERE repaired IS NULL;
