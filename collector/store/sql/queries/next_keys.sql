-- name: put
INSERT INTO node_key_next (node, epoch, encrypted, made)
VALUES (%(node)s, %(epoch)s, %(encrypted)s, %(at)s)

-- name: drop
DELETE FROM node_key_next WHERE node = %(node)s

-- name: take
WITH taken AS (
    DELETE FROM node_key_next WHERE node = %(node)s AND epoch = %(epoch)s
    RETURNING node, epoch, encrypted, made
), retired AS (
    UPDATE node_key k SET retired = %(at)s FROM taken t WHERE k.node = t.node AND k.retired IS NULL
    RETURNING k.node
)
SELECT t.epoch, t.encrypted, t.made FROM taken t LEFT JOIN retired r ON r.node = t.node
