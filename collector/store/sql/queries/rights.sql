-- name: read_only
SELECT current_setting('transaction_read_only')::boolean OR pg_is_in_recovery()

-- name: lacking
SELECT 'CREATE on schema ' || current_schema()
WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
UNION ALL
SELECT 'TEMPORARY on database ' || current_database()
WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
UNION ALL
SELECT 'ownership of table reading (to attach the next month)'
WHERE NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'reading'::regclass), 'USAGE')
UNION ALL
SELECT r.name || ' on table ' || c.relname
FROM pg_class c CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS r (name)
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT c.relispartition AND c.relname <> 'schema_migration'
  AND NOT (c.relname = 'audit_entry' AND r.name IN ('UPDATE', 'DELETE'))
  AND NOT has_table_privilege(c.oid, r.name)
UNION ALL
SELECT 'USAGE on sequence frame_id_seq'
WHERE NOT has_sequence_privilege('frame_id_seq', 'USAGE')
