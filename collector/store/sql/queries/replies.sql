-- Whether people did what advice asked.

-- name: put
INSERT INTO advice_answer (site, crop, hazard, issued, person, done, note, at)
VALUES (%(site)s, %(crop)s, %(hazard)s, %(issued)s, %(person)s, %(done)s, %(note)s, %(at)s)

-- name: of_field
SELECT crop, hazard, issued, done, note, name, at FROM (
    SELECT DISTINCT ON (a.crop, a.hazard, a.issued, a.person)
           a.crop, a.hazard, a.issued, a.done, a.note, coalesce(p.name, '') AS name, a.at
    FROM advice_answer a LEFT JOIN person p ON p.id = a.person
    WHERE a.site = %(site)s
    ORDER BY a.crop, a.hazard, a.issued, a.person, a.id DESC
) newest ORDER BY at DESC
