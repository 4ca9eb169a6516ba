-- name: status_workers
SELECT name, version, slots, stuck_handlers, started_at, seen_at FROM workers ORDER BY name
-- name: status_busy @sqlite
SELECT worker, COUNT(*) AS count FROM run_jobs INDEXED BY run_jobs_lease WHERE lease_token IS NOT NULL GROUP BY worker
-- name: status_busy @postgres
SELECT worker, COUNT(*) AS count FROM run_jobs WHERE lease_token IS NOT NULL GROUP BY worker
-- name: status_depth @sqlite
SELECT type, COUNT(*) AS count FROM (
  SELECT type FROM run_jobs INDEXED BY run_jobs_claim WHERE lease_token IS NULL AND priority = :priority LIMIT :bound)
GROUP BY type
-- name: status_depth @postgres
SELECT type, COUNT(*) AS count FROM (
  SELECT type FROM run_jobs WHERE lease_token IS NULL AND priority = :priority LIMIT :bound) AS counted
GROUP BY type
-- name: status_leader
SELECT holder, term, expires_at FROM leader_leases WHERE name = 'maintenance'
-- name: status_retention
SELECT ended_at, pruned FROM maintenance_rounds WHERE name = 'retention'
-- name: status_engine @sqlite
SELECT 'SQLite ' || sqlite_version() AS version
-- name: status_engine @postgres
SELECT 'PostgreSQL ' || current_setting('server_version') AS version
