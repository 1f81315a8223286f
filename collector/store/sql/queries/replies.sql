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

-- name: lately
-- The newest answer of each person to each advice of some days, counted by hazard.
SELECT hazard, count(*) FILTER (WHERE done), count(*) FILTER (WHERE NOT done)
FROM (
    SELECT DISTINCT ON (a.site, a.crop, a.hazard, a.issued, a.person) a.hazard, a.done
    FROM advice_answer a
    JOIN field f ON f.id = a.site
    JOIN village v ON v.id = f.village
    WHERE a.at >= %(since)s AND (%(everywhere)s OR v.county = ANY(%(counties)s)
          OR v.township = ANY(%(townships)s) OR v.id = ANY(%(villages)s))
    ORDER BY a.site, a.crop, a.hazard, a.issued, a.person, a.id DESC
) newest GROUP BY hazard ORDER BY count(*) DESC, hazard
