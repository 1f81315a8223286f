-- name: put
INSERT INTO firmware_release (target, number, version, head, signature, manifest, added, added_by)
VALUES (%(target)s, %(number)s, %(version)s, %(head)s, %(signature)s, %(manifest)s, %(at)s, %(by)s)
ON CONFLICT DO NOTHING RETURNING id

-- name: put_files
INSERT INTO firmware_file (release, file, path, bytes) VALUES %s

-- name: there
SELECT id, head, version FROM firmware_release WHERE target = %(target)s AND number = %(number)s

-- name: manifest
SELECT manifest FROM firmware_release WHERE id = %(release)s

-- name: file
SELECT bytes FROM firmware_file WHERE release = %(release)s AND file = %(file)s

-- name: offer
SELECT head, signature, number, version, target FROM firmware_release WHERE id = %(release)s
