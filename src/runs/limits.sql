-- name: leases_held @sqlite
-- Reads what is leased, never what waits: as many rows as there are slots.
SELECT tenant_id, type, scope_key, COUNT(*) AS count FROM run_jobs INDEXED BY run_jobs_lease
WHERE lease_token IS NOT NULL GROUP BY 1, 2, 3
-- name: leases_held @postgres
SELECT tenant_id, type, scope_key, COUNT(*) AS count FROM run_jobs WHERE lease_token IS NOT NULL GROUP BY 1, 2, 3
-- name: slots_alive
SELECT COALESCE(SUM(slots), 0) AS slots, (SELECT COUNT(*) FROM (SELECT 1 AS one FROM tenants LIMIT 2) AS two) AS tenants
FROM workers WHERE seen_at >= :since
