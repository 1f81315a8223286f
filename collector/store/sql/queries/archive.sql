-- name: lock
SELECT pg_try_advisory_xact_lock(hashtext('nongqing.frame_archive'))

-- name: through
SELECT coalesce(max(through), 0) FROM frame_archive

-- name: next
SELECT id, node, epoch, boot, seq, received, sealed, state FROM frame
WHERE id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: stragglers
SELECT f.id, f.node, f.epoch, f.boot, f.seq, f.received, f.sealed, f.state
FROM frame_archive a CROSS JOIN LATERAL unnest(a.left_out) AS l (id) JOIN frame f ON f.id = l.id
WHERE f.archive IS NULL AND f.state = 'decoded' AND f.received < %(before)s
ORDER BY f.id LIMIT %(limit)s

-- name: add
INSERT INTO frame_archive
    (file, sha256, frames, first_received, last_received, through, left_out, made)
VALUES (%(file)s, %(sha256)s, %(frames)s, %(first)s, %(last)s, %(through)s,
        %(left_out)s::bigint[], %(made)s)
RETURNING id

-- name: let_go
-- Only what is in the file to the last bit.
UPDATE frame f SET sealed = NULL, archive = %(archive)s, digest = substr(g.sha256, 1, 16)
FROM unnest(%(ids)s::bigint[], %(digests)s::bytea[]) AS g (id, sha256)
WHERE f.id = g.id AND f.archive IS NULL AND f.state = 'decoded' AND sha256(f.sealed) = g.sha256

-- name: files
SELECT id, file, sha256, frames FROM frame_archive ORDER BY id

-- name: kept_of
SELECT id, digest FROM frame WHERE archive = %(archive)s

-- name: frame
SELECT f.id, f.node, f.epoch, f.boot, f.seq, f.received, f.state, f.sealed, f.digest, a.file
FROM frame f LEFT JOIN frame_archive a ON a.id = f.archive
WHERE f.node = %(node)s AND f.boot = %(boot)s AND f.seq = %(seq)s
  AND (%(epoch)s::int IS NULL OR f.epoch = %(epoch)s)
ORDER BY f.epoch DESC LIMIT 1
