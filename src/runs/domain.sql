-- DOMAIN_TABLE stands for the adapter's table.
-- name: domain_adopt
UPDATE DOMAIN_TABLE SET operation_run_id = :run_id
WHERE tenant_id = :tenant_id AND id = :row_id AND operation_run_id IS NULL
-- name: domain_link @sqlite
UPDATE operation_runs SET context = json_set(COALESCE(context, '{}'), '$.' || :key, d.id) FROM DOMAIN_TABLE d
WHERE d.operation_run_id = operation_runs.id AND d.tenant_id = operation_runs.tenant_id
  AND operation_runs.id IN (SELECT value FROM json_each(:ids))
RETURNING id, context
-- name: domain_link @postgres
UPDATE operation_runs
SET context = COALESCE(operation_runs.context, '{}') || jsonb_build_object(CAST(:key AS TEXT), d.id)
FROM DOMAIN_TABLE d
WHERE d.operation_run_id = operation_runs.id AND d.tenant_id = operation_runs.tenant_id
  AND operation_runs.id = ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids)))
RETURNING operation_runs.id, operation_runs.context
-- name: domain_mirror @sqlite
UPDATE DOMAIN_TABLE SET status = r.status, outcome = r.outcome, started_at = r.started_at,
                        completed_at = r.completed_at, updated_at = r.updated_at
FROM operation_runs r
WHERE DOMAIN_TABLE.operation_run_id = r.id AND DOMAIN_TABLE.tenant_id = r.tenant_id
  AND r.id IN (SELECT value FROM json_each(:ids))
-- name: domain_mirror @postgres
UPDATE DOMAIN_TABLE SET status = r.status, outcome = r.outcome, started_at = r.started_at,
                        completed_at = r.completed_at, updated_at = r.updated_at
FROM operation_runs r
WHERE DOMAIN_TABLE.operation_run_id = r.id AND DOMAIN_TABLE.tenant_id = r.tenant_id
  AND r.id = ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids)))
  AND DOMAIN_TABLE.operation_run_id =
      ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids)))
-- name: domain_disagreements @sqlite
-- Tenant by tenant, through the index of its runs by type and time. Without CROSS, and in the order of the runs' own
-- numbers, the whole ledger would be read.
SELECT r.tenant_id, r.id AS run_id, d.id AS row_id FROM tenants t
CROSS JOIN operation_runs r ON r.tenant_id = t.id AND r.type = :type AND r.created_at >= :since
LEFT JOIN DOMAIN_TABLE d ON d.operation_run_id = r.id AND d.tenant_id = r.tenant_id
WHERE (d.id IS NULL AND (r.status <> 'completed' OR (r.context ->> CAST(:key AS TEXT)) IS NOT NULL))
   OR d.status <> r.status OR d.outcome <> r.outcome
ORDER BY r.id LIMIT :limit
-- name: domain_disagreements @postgres
-- Not in the order of an index: the planner would hope to meet the first ones soon, and read the whole ledger.
SELECT r.tenant_id, r.id AS run_id, d.id AS row_id FROM tenants t
JOIN operation_runs r ON r.tenant_id = t.id AND r.type = :type AND r.created_at >= :since
LEFT JOIN DOMAIN_TABLE d ON d.operation_run_id = r.id AND d.tenant_id = r.tenant_id
WHERE (d.id IS NULL AND (r.status <> 'completed' OR (r.context ->> CAST(:key AS TEXT)) IS NOT NULL))
   OR d.status <> r.status OR d.outcome <> r.outcome
ORDER BY r.id + 0 LIMIT :limit
-- name: domain_orphans
SELECT tenant_id, id AS row_id FROM DOMAIN_TABLE
WHERE status <> 'completed' AND operation_run_id IS NULL ORDER BY id LIMIT :limit
-- name: domain_end_orphans @sqlite
UPDATE DOMAIN_TABLE SET status = 'completed', outcome = 'failed', completed_at = :now, updated_at = :now
WHERE operation_run_id IS NULL AND status <> 'completed' AND id IN (SELECT value FROM json_each(:ids))
-- name: domain_end_orphans @postgres
UPDATE DOMAIN_TABLE SET status = 'completed', outcome = 'failed', completed_at = :now, updated_at = :now
WHERE operation_run_id IS NULL AND status <> 'completed'
  AND id = ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids)))
