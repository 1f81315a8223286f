-- Recalls and drills: started once, listed as often as somebody looks, answered, closed once.

-- name: add
INSERT INTO recall (number, drill, what, start, since, until, village, class, reason, at, person,
    name)
VALUES (%(number)s, %(drill)s, %(what)s, %(start)s, %(since)s, %(until)s, %(village)s, %(grade)s,
    %(reason)s, %(at)s, %(person)s, %(name)s)
ON CONFLICT (what, start, (coalesce(since, '-infinity')), (coalesce(until, 'infinity')))
WHERE NOT drill DO NOTHING RETURNING number

-- name: same
SELECT number FROM recall WHERE what = %(what)s AND start = %(start)s AND NOT drill
    AND since IS NOT DISTINCT FROM %(since)s AND until IS NOT DISTINCT FROM %(until)s

-- name: add_list
INSERT INTO recall_list (recall, content, seconds, at, person, name)
VALUES (%(recall)s, %(content)s, %(seconds)s, %(at)s, %(person)s, %(name)s)

-- name: newest_list
SELECT content, seconds, at FROM recall_list WHERE recall = %(recall)s ORDER BY id DESC LIMIT 1

-- name: lock
SELECT number FROM recall WHERE number = %(number)s FOR UPDATE

-- name: of
SELECT r.number, r.drill, r.what, r.start, r.village, r.class, r.reason, r.at, r.person, r.name,
       c.at, c.name, c.reason, c.figures,
       (SELECT l.seconds FROM recall_list l WHERE l.recall = r.number ORDER BY l.id LIMIT 1),
       r.since, r.until
FROM recall r
LEFT JOIN recall_closed c ON c.recall = r.number
LEFT JOIN village v ON v.id = r.village
WHERE (%(number)s::text IS NULL OR r.number = %(number)s)
    AND (%(city)s OR v.county = ANY(%(counties)s) OR v.township = ANY(%(townships)s)
         OR v.id = ANY(%(villages)s))
ORDER BY r.at DESC, r.number LIMIT %(most)s

-- name: answer
INSERT INTO recall_answer (recall, holder, found_kg, destroyed_kg, sold_kg, note, at, person, name)
VALUES (%(recall)s, %(holder)s, %(found_kg)s, %(destroyed_kg)s, %(sold_kg)s, %(note)s, %(at)s,
    %(person)s, %(name)s)

-- name: answers
SELECT DISTINCT ON (holder) holder, found_kg, destroyed_kg, sold_kg, note, at, name
FROM recall_answer WHERE recall = %(recall)s ORDER BY holder, id DESC

-- name: close
INSERT INTO recall_closed (recall, reason, figures, at, person, name)
VALUES (%(recall)s, %(reason)s, %(figures)s, %(at)s, %(person)s, %(name)s)

-- name: persons
-- Who stands behind each holder, and whether they have a number.
SELECT h.holder, p.id, p.name, p.phone
FROM unnest(%(holders)s::text[]) AS h (holder)
JOIN person p ON p.active AND (h.holder = 'person:' || p.id
    OR EXISTS (SELECT FROM trace_member m WHERE m.person = p.id AND h.holder = 'party:' || m.party))
ORDER BY h.holder, p.name, p.id
