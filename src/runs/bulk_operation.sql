-- name: bulk_runs_insert @sqlite
INSERT INTO bulk_operation_runs (tenant_id, operation_run_id, type, status, outcome, created_at, updated_at)
SELECT value ->> '$.tenant', value ->> '$.run', value ->> '$.type', 'queued', 'pending', :now, :now
FROM json_each(:rows)
-- name: bulk_runs_insert @postgres
INSERT INTO bulk_operation_runs (tenant_id, operation_run_id, type, status, outcome, created_at, updated_at)
SELECT r.tenant, r.run, r.type, 'queued', 'pending', :now, :now
FROM jsonb_to_recordset(:rows) AS r(tenant BIGINT, run BIGINT, type TEXT)
-- name: bulk_find
SELECT id, total FROM bulk_operation_runs WHERE tenant_id = :tenant_id AND operation_run_id = :run_id
-- name: bulk_planned
UPDATE bulk_operation_runs SET total = :total, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :bulk_id AND total IS NULL
-- name: bulk_items_insert @sqlite
INSERT INTO bulk_operation_items (bulk_run_id, position, tenant_id, item_key, label, code, message)
SELECT :bulk_id, value ->> '$.position', :tenant_id, value ->> '$.key', value ->> '$.label', '', ''
FROM json_each(:items)
-- name: bulk_items_insert @postgres
INSERT INTO bulk_operation_items (bulk_run_id, position, tenant_id, item_key, label, code, message)
SELECT :bulk_id, i.position, :tenant_id, i.key, i.label, '', ''
FROM jsonb_to_recordset(:items) AS i(position BIGINT, key TEXT, label TEXT)
-- name: bulk_open_items
SELECT position, item_key, label FROM bulk_operation_items
WHERE tenant_id = :tenant_id AND bulk_run_id = :bulk_id AND outcome IS NULL AND position > :after
ORDER BY position LIMIT :limit
-- name: bulk_item_done
UPDATE bulk_operation_items SET outcome = :outcome, code = :code, message = :message, done_at = :now
WHERE tenant_id = :tenant_id AND bulk_run_id = :bulk_id AND position = :position AND outcome IS NULL
-- name: bulk_item_outcome
SELECT outcome, code, message FROM bulk_operation_items
WHERE tenant_id = :tenant_id AND bulk_run_id = :bulk_id AND position = :position
-- name: bulk_skip_open
UPDATE bulk_operation_items SET outcome = 'skipped', code = :code, done_at = :now
WHERE tenant_id = :tenant_id AND bulk_run_id = :bulk_id AND outcome IS NULL
-- name: bulk_tally
SELECT outcome, code, message, COUNT(*) AS count FROM bulk_operation_items
WHERE tenant_id = :tenant_id AND bulk_run_id = :bulk_id AND outcome IS NOT NULL
GROUP BY outcome, code, message ORDER BY count DESC, code, message
-- name: bulk_latest
SELECT outcome FROM bulk_operation_items
WHERE tenant_id = :tenant_id AND bulk_run_id = :bulk_id AND outcome <> 'skipped'
ORDER BY position DESC LIMIT :limit
-- name: bulk_parts
SELECT i.label, COALESCE(i.outcome, 'pending') AS outcome, i.code FROM bulk_operation_items i
JOIN bulk_operation_runs b ON b.id = i.bulk_run_id AND b.tenant_id = i.tenant_id
WHERE b.tenant_id = :tenant_id AND b.operation_run_id = :run_id
ORDER BY CASE i.outcome WHEN 'failed' THEN 0 ELSE 1 END, i.position LIMIT :limit
