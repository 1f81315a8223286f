-- name: add
INSERT INTO village_opened AS o (village, since, opens)
SELECT n.village, n.since, n.opens
FROM unnest(%(villages)s::text[], %(since)s::timestamptz[], %(opens)s::int[])
     AS n (village, since, opens)
JOIN village v ON v.id = n.village
ORDER BY n.village, n.since
ON CONFLICT (village, since) DO UPDATE SET opens = o.opens + EXCLUDED.opens

-- name: tidy
DELETE FROM village_opened WHERE since < %(before)s
