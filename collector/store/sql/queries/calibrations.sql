-- name: put
INSERT INTO calibration (node, channel, valid_from, slope, intercept, at, given_by, reason)
VALUES (%(node)s, %(channel)s, %(valid_from)s, %(slope)s, %(intercept)s, %(at)s, %(by)s, %(reason)s)

-- name: counting
-- Of each channel and time the row that counts, of nodes that changed after a version.
SELECT DISTINCT ON (c.node, c.channel, c.valid_from)
    c.node, c.channel, c.valid_from, c.slope, c.intercept
FROM calibration c JOIN node n ON n.id = c.node
WHERE n.changed > %(since)s
ORDER BY c.node, c.channel, c.valid_from, c.id DESC

-- name: of_node
SELECT c.channel, c.valid_from, c.slope, c.intercept, c.at, c.given_by, c.reason
FROM calibration c WHERE c.node = %(node)s
ORDER BY c.channel, c.valid_from, c.id

-- name: boot_starts
SELECT epoch, boot, unix_s FROM boot_offset WHERE node = %(node)s

-- name: serves
SELECT 1 FROM assignment WHERE node = %(node)s AND channel = %(channel)s LIMIT 1
