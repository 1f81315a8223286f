-- name: put
-- A configuration is explained where it is the first seen, the one of before, or one was given, is being
-- tried or was undone since.
INSERT INTO node_firmware AS w (node, version, target, config, explained, epoch, boot, received)
VALUES (%(node)s, %(version)s, %(target)s, %(config)s, true, %(epoch)s, %(boot)s, %(at)s)
ON CONFLICT (node) DO UPDATE SET version = EXCLUDED.version, target = EXCLUDED.target,
    config = coalesce(EXCLUDED.config, w.config), epoch = EXCLUDED.epoch, boot = EXCLUDED.boot,
    received = EXCLUDED.received,
    explained = CASE
        WHEN w.config IS NULL OR EXCLUDED.config IS NULL THEN w.explained
        WHEN w.epoch <> EXCLUDED.epoch THEN true
        WHEN EXISTS (SELECT FROM node_command c WHERE c.node = w.node AND c.word = 'config'
            AND (c.result = 'trial'
                 OR (c.result IN ('done', 'undone') AND c.heard >= w.received))) THEN true
        ELSE w.explained AND w.config = EXCLUDED.config END
WHERE (w.epoch, w.boot) < (EXCLUDED.epoch, EXCLUDED.boot)

-- name: of_node
-- given: whether a configuration was given since it said so.
SELECT w.version, w.target, w.config, w.explained, w.received,
    EXISTS (SELECT FROM node_command c WHERE c.node = w.node AND c.word = 'config'
        AND c.result IN ('trial', 'done') AND c.made > w.received)
FROM node_firmware w WHERE w.node = %(node)s
