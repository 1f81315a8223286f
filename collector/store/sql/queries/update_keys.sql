-- name: trust
UPDATE node SET update_key = decode(%(update_key)s, 'hex') WHERE id = ANY(%(nodes)s)
