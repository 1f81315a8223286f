-- name: of_person
SELECT p.id, p.name FROM trace_member m JOIN trace_party p ON p.id = m.party
WHERE m.person = %(person)s

-- name: join
INSERT INTO trace_member (person, party, since) VALUES (%(person)s, %(party)s, %(at)s)
ON CONFLICT (person) DO UPDATE SET party = EXCLUDED.party, since = EXCLUDED.since

-- name: members
SELECT person FROM trace_member WHERE party = %(party)s ORDER BY person
