-- Codes of boxes and pallets, places that parties named, and the company prefix of a party.

-- name: set_prefix
UPDATE trace_party SET company_prefix = %(prefix)s WHERE id = %(party)s RETURNING id

-- name: holder
SELECT id FROM trace_party WHERE company_prefix = %(prefix)s

-- name: prefix
SELECT company_prefix FROM trace_party WHERE id = %(party)s

-- name: serials
UPDATE trace_party SET next_serial = next_serial + %(count)s
WHERE id = %(party)s RETURNING company_prefix, next_serial - %(count)s

-- name: add
INSERT INTO goods_unit (code, uri, party, kind, batch, made)
VALUES (%(code)s, %(uri)s, %(party)s, %(kind)s, %(batch)s, %(at)s)

-- name: of
SELECT code, uri, party, kind, batch, made FROM goods_unit
WHERE (%(codes)s::text[] IS NULL OR code = ANY(%(codes)s))
    AND (%(uris)s::text[] IS NULL OR uri = ANY(%(uris)s))
    AND (%(batch)s::text IS NULL OR (batch = %(batch)s AND party = %(party)s))
ORDER BY code

-- name: places
SELECT uri, name FROM goods_place WHERE party = %(party)s ORDER BY used DESC, name LIMIT %(most)s

-- name: use_place
UPDATE goods_place SET used = greatest(used, %(at)s)
WHERE party = %(party)s AND uri = %(uri)s RETURNING uri

-- name: add_place
INSERT INTO goods_place (uri, party, name, used) VALUES (%(uri)s, %(party)s, %(name)s, %(at)s)
ON CONFLICT (party, name) DO UPDATE SET used = greatest(goods_place.used, EXCLUDED.used)
RETURNING uri
