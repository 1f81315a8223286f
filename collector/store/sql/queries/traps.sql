-- name: put
INSERT INTO trap_count (field, insect, date, nights, count, observer, note, origin, received)
VALUES %s

-- name: counts_of
SELECT DISTINCT ON (date, insect, observer)
       field, insect, date, nights, count, observer, note, origin
FROM trap_count WHERE field = %(field)s
ORDER BY date DESC, insect, observer, id DESC
