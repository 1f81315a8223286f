-- name: session
-- Who is signed in, what they hold, the roles of this installation's own; and as the first statement of
-- a page it bounds those that follow, and says which of them are prepared.
SELECT p.id, p.name, p.username, p.phone, p.password, p.active, p.uniquifier, p.code_method,
    p.code_secret, p.phone_secrets, p.created, p.verified, p.signed_in, p.signed_in_before,
    p.sign_ins,
    (SELECT coalesce(json_agg(json_build_array(role, level, scope, stands_for)
                              ORDER BY stands_for NULLS FIRST, role, level, scope), '[]')
     FROM (
         SELECT role, level, scope, NULL::bigint AS stands_for FROM person_grant
         WHERE person = p.id
         UNION ALL
         SELECT g.role, g.level, g.scope, d.stands_for
         FROM deputy d JOIN person q ON q.id = d.stands_for AND q.active
             JOIN person_grant g ON g.person = d.stands_for
         WHERE d.person = p.id AND d.ends > %(at)s
     ) held),
    (SELECT coalesce(json_object_agg(key, value), '{}') FROM setting WHERE key LIKE %(roles)s),
    set_config('statement_timeout', %(limit_ms)s, true),
    ARRAY(SELECT name FROM pg_prepared_statements)::text[]
FROM person p WHERE p.uniquifier = %(uniquifier)s
