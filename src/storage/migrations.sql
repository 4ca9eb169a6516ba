-- name: schema_table_exists @sqlite
SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'
-- name: schema_table_exists @postgres
SELECT 1 AS found FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migrations'
-- name: schema_version
SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations
-- name: schema_insert
INSERT INTO schema_migrations (version, name) VALUES (:version, :name)
-- name: schema_lock @sqlite
SELECT 1 AS locked
-- name: schema_lock @postgres
SELECT pg_advisory_xact_lock(7265501)
