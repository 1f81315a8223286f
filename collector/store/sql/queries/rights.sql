-- name: read_only
SELECT current_setting('transaction_read_only')::boolean OR pg_is_in_recovery()

-- name: needed
-- What services need of each table: nothing of what is never changed is changed, but some rows of it
-- are locked, which takes UPDATE; the triggers refuse every change all the same.
SELECT c.relname, CASE
    WHEN c.relname = 'schema_migration' THEN ARRAY['SELECT']
    WHEN NOT kept.whole THEN ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
    WHEN c.relname = ANY(%(locked)s) THEN ARRAY['SELECT', 'INSERT', 'UPDATE']
    ELSE ARRAY['SELECT', 'INSERT'] END
FROM pg_class c CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = c.oid AND p.proname IN ('refuse_change', 'refuse_audit_change'))) kept (whole)
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition
ORDER BY c.relname

-- name: lacking
SELECT 'USAGE on schema ' || current_schema()
WHERE NOT has_schema_privilege(current_schema(), 'USAGE')
UNION ALL
SELECT 'TEMPORARY on database ' || current_database()
WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
UNION ALL
SELECT r.name || ' on table ' || r.tab
FROM unnest(%(tables)s::text[], %(rights)s::text[]) AS r (tab, name)
WHERE NOT has_table_privilege(format('%%I.%%I', current_schema(), r.tab)::regclass, r.name)
UNION ALL
SELECT 'USAGE on sequence frame_id_seq'
WHERE NOT has_sequence_privilege(format('%%I.frame_id_seq', current_schema()), 'USAGE')

-- name: here
SELECT current_schema(), current_database(), current_user,
       pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'reading'::regclass), 'USAGE')

-- name: role
SELECT rolsuper, pg_has_role(oid, (
    SELECT relowner FROM pg_class WHERE oid = 'reading'::regclass), 'MEMBER')
FROM pg_roles WHERE rolname = %(role)s

-- name: withdraw
REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}

-- name: close_schema
REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}

-- name: open_schema
GRANT USAGE ON SCHEMA {schema} TO {role}

-- name: open_database
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}

-- name: give
GRANT {rights} ON TABLE {schema}.{table} TO {role}

-- name: give_numbers
GRANT USAGE ON SEQUENCE {schema}.frame_id_seq TO {role}

-- name: may_create
SELECT has_schema_privilege(%(role)s, current_schema(), 'CREATE')
