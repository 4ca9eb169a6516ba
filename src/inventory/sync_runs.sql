-- name: sync_runs_insert @sqlite
INSERT INTO inventory_sync_runs (tenant_id, operation_run_id, connection_id, selection, selection_key, status, outcome,
                                 created_at, updated_at)
SELECT value ->> '$.tenant', value ->> '$.run', value ->> '$.connection', value -> '$.selection', value ->> '$.key',
       'queued', 'pending', :now, :now
FROM json_each(:rows)
-- name: sync_runs_insert @postgres
INSERT INTO inventory_sync_runs (tenant_id, operation_run_id, connection_id, selection, selection_key, status, outcome,
                                 created_at, updated_at)
SELECT r.tenant, r.run, r.connection, r.selection, r.key, 'queued', 'pending', :now, :now
FROM jsonb_to_recordset(:rows) AS r(tenant BIGINT, run BIGINT, connection BIGINT, selection JSONB, key TEXT)
-- name: sync_type_record
INSERT INTO inventory_sync_types (sync_run_id, tenant_id, type, listed_count, code, ended_at)
SELECT id, tenant_id, CAST(:type AS TEXT), :listed, CAST(:code AS TEXT), :at FROM inventory_sync_runs
WHERE tenant_id = :tenant_id AND operation_run_id = :run_id AND status <> 'completed'
ON CONFLICT (sync_run_id, type) DO UPDATE SET
  listed_count = excluded.listed_count, code = excluded.code, ended_at = excluded.ended_at
-- name: sync_types_of
SELECT t.type, t.listed_count, t.code FROM inventory_sync_types t
JOIN inventory_sync_runs s ON s.id = t.sync_run_id AND s.tenant_id = t.tenant_id
WHERE s.tenant_id = :tenant_id AND s.operation_run_id = :run_id
-- name: sync_latest
SELECT s.operation_run_id, s.completed_at,
       (SELECT COUNT(*) FROM inventory_sync_types t WHERE t.sync_run_id = s.id) AS types,
       (SELECT COUNT(*) FROM inventory_sync_types t WHERE t.sync_run_id = s.id AND t.code <> '') AS failed
FROM inventory_sync_runs s
WHERE s.tenant_id = :tenant_id AND s.selection_key = :key AND s.status = 'completed'
ORDER BY s.completed_at DESC, s.id DESC LIMIT 1
