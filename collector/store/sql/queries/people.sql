-- name: add
INSERT INTO person (name, username, phone, uniquifier, created)
VALUES (%(name)s, %(username)s, %(phone)s, %(uniquifier)s, %(at)s)
RETURNING id

-- name: find
SELECT id, name, username, phone, password, active, uniquifier, code_method, code_secret,
    phone_secrets, created, verified, signed_in, signed_in_before, sign_ins
FROM person
WHERE (%(id)s::bigint IS NULL OR id = %(id)s)
    AND (%(username)s::text IS NULL OR username = lower(%(username)s))
    AND (%(phone)s::text IS NULL OR phone = %(phone)s)
    AND (%(uniquifier)s::text IS NULL OR uniquifier = %(uniquifier)s)

-- name: everyone
SELECT id, name, username, phone, password, active, uniquifier, code_method, code_secret,
    phone_secrets, created, verified, signed_in, signed_in_before, sign_ins
FROM person ORDER BY id

-- name: save
UPDATE person SET name = %(name)s, username = %(username)s, phone = %(phone)s,
    password = %(password)s, active = %(active)s, uniquifier = %(uniquifier)s,
    code_method = %(code_method)s, code_secret = %(code_secret)s,
    phone_secrets = %(phone_secrets)s, verified = %(verified)s, signed_in = %(signed_in)s,
    signed_in_before = %(signed_in_before)s, sign_ins = %(sign_ins)s
WHERE id = %(id)s

-- name: grant
INSERT INTO person_grant (person, role, level, scope, granted, granted_by)
VALUES (%(person)s, %(role)s, %(level)s, %(scope)s, %(at)s, %(by)s)
ON CONFLICT DO NOTHING

-- name: withdraw
DELETE FROM person_grant
WHERE person = %(person)s AND role = %(role)s AND level = %(level)s AND scope = %(scope)s
RETURNING person

-- name: grants
SELECT role, level, scope, NULL::bigint AS stands_for FROM person_grant WHERE person = %(person)s
UNION ALL
SELECT g.role, g.level, g.scope, d.stands_for
FROM deputy d JOIN person p ON p.id = d.stands_for AND p.active
    JOIN person_grant g ON g.person = d.stands_for
WHERE d.person = %(person)s AND d.ends > %(at)s
ORDER BY 4 NULLS FIRST, 1, 2, 3

-- name: name_deputy
INSERT INTO deputy (person, stands_for, ends, named, named_by)
VALUES (%(person)s, %(stands_for)s, %(ends)s, %(at)s, %(by)s)
ON CONFLICT (person, stands_for) DO UPDATE SET
    ends = excluded.ends, named = excluded.named, named_by = excluded.named_by

-- name: place_exists
SELECT CASE %(level)s
    WHEN 'city' THEN true
    WHEN 'county' THEN EXISTS (SELECT FROM county WHERE code = %(scope)s)
    WHEN 'township' THEN EXISTS (SELECT FROM township WHERE code = %(scope)s)
    ELSE EXISTS (SELECT FROM village WHERE id = %(scope)s) END

-- name: where_is
SELECT county, township FROM village WHERE id = %(village)s

-- name: any_administrator
SELECT EXISTS (SELECT FROM person_grant g JOIN person p ON p.id = g.person
    WHERE g.role = 'administrator' AND g.level = 'city' AND p.active)

-- name: administrators
SELECT p.id FROM person p JOIN person_grant g ON g.person = p.id
WHERE g.role = 'administrator' AND g.level = 'city' AND p.active
ORDER BY p.id FOR UPDATE

-- name: make_link
INSERT INTO sign_in_link (digest, person, made, expires)
VALUES (%(digest)s, %(person)s, %(at)s, %(expires)s)

-- name: link_holder
SELECT person FROM sign_in_link
WHERE digest = %(digest)s AND used IS NULL AND expires > %(at)s

-- name: use_link
UPDATE sign_in_link SET used = %(at)s
WHERE digest = %(digest)s AND used IS NULL AND expires > %(at)s
RETURNING person

-- name: void_links
UPDATE sign_in_link SET used = %(at)s WHERE person = %(person)s AND used IS NULL

-- name: names_of_places
SELECT 'county', code, zh, en FROM county WHERE code = ANY(%(scopes)s)
UNION ALL SELECT 'township', code, zh, en FROM township WHERE code = ANY(%(scopes)s)
UNION ALL SELECT 'village', id, zh, en FROM village WHERE id = ANY(%(scopes)s)

-- name: tidy_people
DELETE FROM person
WHERE verified IS NULL AND username IS NULL AND active AND sign_ins = 0
    AND created < %(at)s::timestamptz - interval '1 day'
    AND EXISTS (SELECT FROM person_grant g WHERE g.person = id AND g.granted_by = %(by)s)

-- name: tidy_failures
DELETE FROM sign_in_failure WHERE at < %(at)s::timestamptz - interval '1 day'

-- name: tidy_links
DELETE FROM sign_in_link WHERE expires < %(at)s::timestamptz - interval '30 days'
