-- name: put
INSERT INTO trap_count (field, insect, trap, date, nights, count, observer, note, origin, received)
VALUES %s

-- name: counts_of
SELECT DISTINCT ON (date, insect, trap, observer)
       field, insect, trap, date, nights, count, observer, note, origin
FROM trap_count WHERE field = %(field)s
ORDER BY date DESC, insect, trap, observer, id DESC

-- name: nights
SELECT f.village, CASE WHEN f.private THEN f.id ELSE '' END, c.insect, c.trap, night::date,
       sum(c.count::numeric / c.nights)::float8, count(*)
FROM (
    SELECT DISTINCT ON (field, insect, trap, date, observer) field, insect, trap, date, nights, count
    FROM trap_count WHERE date > %(first)s
    ORDER BY field, insect, trap, date, observer, id DESC
) c JOIN field f ON f.id = c.field
CROSS JOIN LATERAL generate_series(
    greatest(c.date - c.nights, %(first)s)::timestamp, c.date - 1, interval '1 day'
) night
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
