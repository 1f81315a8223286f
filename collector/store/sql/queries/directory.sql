-- name: search
SELECT p.id, p.name, p.username, p.phone, p.active FROM person p
WHERE (%(text)s = '' OR position(lower(%(text)s) in lower(p.name)) > 0
        OR position(lower(%(text)s) in p.username) > 0 OR p.phone = %(phone)s)
    AND (%(role)s = '' OR EXISTS (SELECT FROM person_grant g
        WHERE g.person = p.id AND g.role = %(role)s))
    AND (%(only)s::bigint[] IS NULL OR p.id = ANY(%(only)s))
    AND (%(city)s OR EXISTS (
        SELECT FROM person_grant g
            LEFT JOIN township t ON g.level = 'township' AND t.code = g.scope
            LEFT JOIN village v ON g.level = 'village' AND v.id = g.scope
        WHERE g.person = p.id AND (
            (g.level = 'county' AND g.scope = ANY(%(county)s))
            OR (g.level = 'township' AND g.scope = ANY(%(township)s))
            OR (g.level = 'village' AND g.scope = ANY(%(village)s))
            OR t.county = ANY(%(county)s)
            OR v.county = ANY(%(county)s) OR v.township = ANY(%(township)s))))
ORDER BY p.id LIMIT %(limit)s OFFSET %(offset)s

-- name: grants_of
SELECT person, role, level, scope FROM person_grant WHERE person = ANY(%(people)s)
ORDER BY person, role, level, scope

-- name: areas
SELECT 'county', code, '', NULL, code FROM county WHERE code = ANY(%(scopes)s)
UNION ALL SELECT 'township', code, '', code, county FROM township WHERE code = ANY(%(scopes)s)
UNION ALL SELECT 'village', id, id, township, county FROM village WHERE id = ANY(%(scopes)s)

-- name: places_named
SELECT 'county', code, zh, en FROM county
WHERE code = %(text)s OR zh = %(text)s OR lower(en) = lower(%(text)s)
UNION ALL SELECT 'township', code, zh, en FROM township
WHERE code = %(text)s OR zh = %(text)s OR lower(en) = lower(%(text)s)
UNION ALL SELECT 'village', id, zh, en FROM village
WHERE id = %(text)s OR zh = %(text)s OR lower(en) = lower(%(text)s)
ORDER BY 1, 2 LIMIT 20

-- name: deputies
SELECT p.id, p.name, d.ends FROM deputy d JOIN person p ON p.id = d.person
WHERE d.stands_for = %(person)s AND d.ends > %(at)s ORDER BY d.ends, p.id

-- name: end_deputy
DELETE FROM deputy WHERE person = %(person)s AND stands_for = %(stands_for)s AND ends > %(at)s
RETURNING person

-- name: holders
SELECT p.id, p.name, p.username FROM person p
WHERE p.active AND EXISTS (
    SELECT FROM person_grant g WHERE g.person = p.id AND g.role = ANY(%(roles)s)
        AND (g.level = 'city' OR (g.level, g.scope) IN (
            ('county', %(county)s), ('township', %(township)s), ('village', %(village)s))))
ORDER BY p.name, p.id
