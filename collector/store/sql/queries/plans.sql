-- Sampling plans: which lots they drew, which samples were taken, what tests showed.

-- name: lock_draw
-- Plans are drawn one after another, so that no two draw the same lot.
LOCK TABLE sample IN SHARE ROW EXCLUSIVE MODE

-- name: frame
-- Lots that may be drawn: newer than a day, with something left, neither held nor recalled, and
-- drawn by no plan before (the law's article 47 lets no lower level sample a lot again).
SELECT l.code, coalesce(v.township, v.county),
       NOT EXISTS (SELECT FROM sample s JOIN lot o ON o.code = s.lot WHERE o.whose = l.whose),
       EXISTS (SELECT FROM lot_test t JOIN lot o ON o.code = t.lot
               WHERE o.whose = l.whose AND NOT t.passed
                   AND NOT EXISTS (SELECT FROM lot_test_struck x WHERE x.test = t.id))
FROM lot l JOIN village v ON v.id = l.village
WHERE l.produce = ANY(%(produce)s) AND l.day >= %(since)s
    AND (v.county = ANY(%(places)s) OR v.township = ANY(%(places)s))
    AND l.weight_kg > coalesce((SELECT sum(p.weight_kg) FROM lot_part p WHERE p.parent = l.code), 0)
    AND coalesce((SELECT s.state FROM lot_state s WHERE s.lot = l.code ORDER BY s.id DESC LIMIT 1),
                 'freed') = 'freed'
    AND NOT EXISTS (SELECT FROM sample s WHERE s.lot = l.code)
ORDER BY l.code

-- name: add
INSERT INTO sampling_plan (number, starts, ends, produce, places, samples, substances, reason, seed,
    frame, at, person, name)
VALUES (%(number)s, %(starts)s, %(ends)s, %(produce)s, %(places)s, %(samples)s, %(substances)s,
    %(reason)s, %(seed)s, %(frame)s, %(at)s, %(person)s, %(name)s)

-- name: add_samples
INSERT INTO sample (plan, lot, place) VALUES %s

-- name: of
SELECT p.number, p.starts, p.ends, p.produce, p.places, p.samples, p.substances, p.reason, p.seed,
       p.frame, p.at, p.name,
       (SELECT count(*) FROM sample_taken t WHERE t.plan = p.number),
       (SELECT count(*) FROM sample_result r WHERE r.plan = p.number
            AND NOT EXISTS (SELECT FROM lot_test_struck x WHERE x.test = r.test))
FROM sampling_plan p WHERE %(number)s::text IS NULL OR p.number = %(number)s
ORDER BY p.at DESC, p.number LIMIT %(most)s

-- name: samples
-- Each lot that was drawn, who to call about it, and how far its sample is.
SELECT s.lot, l.produce, coalesce(t.zh, y.zh), coalesce(t.en, y.en), l.made_by, w.phone,
       k.day, r.test, e.day, e.passed, e.report, r.substance, r.value, r.limit_value, r.unit,
       r.source
FROM sample s JOIN lot l ON l.code = s.lot
JOIN village v ON v.id = l.village
LEFT JOIN township t ON t.code = v.township
LEFT JOIN county y ON y.code = v.county
LEFT JOIN person w ON w.id = l.whose AND w.active
LEFT JOIN sample_taken k ON (k.plan, k.lot) = (s.plan, s.lot)
LEFT JOIN sample_result r ON (r.plan, r.lot) = (s.plan, s.lot)
    AND NOT EXISTS (SELECT FROM lot_test_struck x WHERE x.test = r.test)
LEFT JOIN lot_test e ON e.id = r.test
WHERE s.plan = %(plan)s ORDER BY s.place

-- name: lock
SELECT place FROM sample WHERE plan = %(plan)s AND lot = %(lot)s FOR UPDATE

-- name: take
INSERT INTO sample_taken (plan, lot, day, at, person, name)
VALUES (%(plan)s, %(lot)s, %(day)s, %(at)s, %(person)s, %(name)s)
ON CONFLICT DO NOTHING RETURNING lot

-- name: stands
-- The result of a sample that counts.
SELECT r.test FROM sample_result r WHERE r.plan = %(plan)s AND r.lot = %(lot)s
    AND NOT EXISTS (SELECT FROM lot_test_struck x WHERE x.test = r.test)

-- name: result
INSERT INTO sample_result (plan, lot, test, substance, value, limit_value, unit, source)
VALUES (%(plan)s, %(lot)s, %(test)s, %(substance)s, %(value)s, %(limit_value)s, %(unit)s,
    %(source)s)

-- name: of_test
SELECT plan, substance, value, limit_value, unit, source FROM sample_result WHERE test = %(test)s

-- name: places
SELECT c.code, c.code, c.zh, c.en FROM county c
UNION ALL
SELECT t.code, t.county, t.zh, t.en FROM township t ORDER BY 2, 1
