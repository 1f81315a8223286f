-- name: sizes
-- Of a partitioned table that of its parts.
SELECT coalesce(p.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint,
       greatest(sum(c.reltuples), 0)::bigint
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
GROUP BY 1 ORDER BY 2 DESC, 1

-- name: lag
SELECT (SELECT max(last_seen) FROM node),
       (SELECT count(*) FROM frame WHERE state IN ('waiting_time', 'waiting_clock')),
       (SELECT count(*) FROM frame WHERE state = 'waiting_layout'),
       (SELECT count(*) FROM (SELECT DISTINCT series_id, hour FROM dirty_hour) h),
       (SELECT min(hour) FROM dirty_hour),
       (SELECT count(*) FROM dead_letter WHERE repaired IS NULL)

-- name: gaps
-- Boots of which a later frame is there than one that is missing: how many are missing before the
-- newest, of frames that were not told lost.
SELECT w.node, w.epoch, w.boot, w.seq + 1 AS first, n.newest, n.newest - w.seq - n.there - l.lost
FROM watermark w
CROSS JOIN LATERAL (
    SELECT count(*) AS there, max(f.seq) AS newest FROM frame f
    WHERE f.node = w.node AND f.epoch = w.epoch AND f.boot = w.boot AND f.seq > w.seq) n
CROSS JOIN LATERAL (
    SELECT coalesce(sum(least(x.last, n.newest) - greatest(x.first, w.seq + 1) + 1), 0)::bigint
        AS lost
    FROM lost_frames x
    WHERE x.node = w.node AND x.epoch = w.epoch AND x.boot = w.boot
      AND x.last > w.seq AND x.first <= n.newest) l
WHERE n.there > 0
ORDER BY 6 DESC, 1, 2, 3
