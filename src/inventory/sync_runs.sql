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
INSERT INTO inventory_sync_types (sync_run_id, tenant_id, type, listed_count, code, ended_at, new_count, changed_count,
                                  gone_count, first_reading)
SELECT id, tenant_id, CAST(:type AS TEXT), :listed, CAST(:code AS TEXT), :at, :new, :changed, :gone, :first_reading
FROM inventory_sync_runs
WHERE tenant_id = :tenant_id AND operation_run_id = :run_id AND status <> 'completed'
ON CONFLICT (sync_run_id, type) DO UPDATE SET
  listed_count = excluded.listed_count, code = excluded.code, ended_at = excluded.ended_at,
  -- What an earlier attempt read for the first time is known by now and would not be counted again.
  new_count = CASE WHEN (excluded.first_reading AND excluded.code = '') OR NOT inventory_sync_types.first_reading
                   THEN excluded.new_count ELSE inventory_sync_types.new_count + excluded.new_count END,
  changed_count = excluded.changed_count, gone_count = excluded.gone_count,
  first_reading = inventory_sync_types.first_reading OR excluded.first_reading
-- name: sync_type_gone
UPDATE inventory_sync_types SET gone_count = gone_count + :gone
WHERE tenant_id = :tenant_id AND type = :type AND sync_run_id =
  (SELECT id FROM inventory_sync_runs
   WHERE tenant_id = :tenant_id AND operation_run_id = :run_id AND status <> 'completed')
-- name: sync_types_of
SELECT t.type, t.listed_count, t.code FROM inventory_sync_types t
JOIN inventory_sync_runs s ON s.id = t.sync_run_id AND s.tenant_id = t.tenant_id
WHERE s.tenant_id = :tenant_id AND s.operation_run_id = :run_id
-- name: sync_noted
SELECT i.type, n.change, COUNT(*) AS count FROM inventory_sync_runs s
JOIN inventory_changes n ON n.sync_run_id = s.id
JOIN inventory_items i ON i.id = n.item_id
WHERE s.tenant_id = :tenant_id AND s.operation_run_id = :run_id GROUP BY i.type, n.change
-- name: sync_changes
SELECT
       CAST(COALESCE(SUM(t.new_count), 0) AS BIGINT) AS appeared,
       CAST(COALESCE(SUM(t.changed_count), 0) AS BIGINT) AS changed,
       CAST(COALESCE(SUM(t.gone_count), 0) AS BIGINT) AS gone,
       COUNT(CASE WHEN t.first_reading THEN 1 END) AS first_types,
       CAST(COALESCE(SUM(CASE WHEN t.first_reading THEN t.new_count END), 0) AS BIGINT) AS first_objects
FROM inventory_sync_runs s JOIN inventory_sync_types t ON t.sync_run_id = s.id
WHERE s.tenant_id = :tenant_id AND s.operation_run_id = :run_id
-- name: sync_latest
SELECT s.operation_run_id, s.connection_id, s.selection_key, s.completed_at,
       COUNT(*) AS types, COUNT(CASE WHEN t.code <> '' THEN 1 END) AS failed,
       CAST(COALESCE(SUM(t.new_count), 0) AS BIGINT) AS appeared,
       CAST(COALESCE(SUM(t.changed_count), 0) AS BIGINT) AS changed,
       CAST(COALESCE(SUM(t.gone_count), 0) AS BIGINT) AS gone,
       COUNT(CASE WHEN t.first_reading THEN 1 END) AS first_types,
       CAST(COALESCE(SUM(CASE WHEN t.first_reading THEN t.new_count END), 0) AS BIGINT) AS first_objects
FROM (SELECT * FROM inventory_sync_runs
      WHERE tenant_id = :tenant_id AND selection_key = :key AND connection_id = :connection_id
        AND status = 'completed' AND outcome <> 'failed'
      ORDER BY completed_at DESC, id DESC LIMIT 1) s
JOIN inventory_sync_types t ON t.sync_run_id = s.id
GROUP BY s.id, s.operation_run_id, s.connection_id, s.selection_key, s.completed_at
-- name: sync_recent
SELECT s.operation_run_id, s.connection_id, s.selection_key, s.completed_at,
       COUNT(*) AS types, COUNT(CASE WHEN t.code <> '' THEN 1 END) AS failed,
       CAST(COALESCE(SUM(t.new_count), 0) AS BIGINT) AS appeared,
       CAST(COALESCE(SUM(t.changed_count), 0) AS BIGINT) AS changed,
       CAST(COALESCE(SUM(t.gone_count), 0) AS BIGINT) AS gone,
       COUNT(CASE WHEN t.first_reading THEN 1 END) AS first_types,
       CAST(COALESCE(SUM(CASE WHEN t.first_reading THEN t.new_count END), 0) AS BIGINT) AS first_objects
FROM (SELECT * FROM inventory_sync_runs
      WHERE tenant_id = :tenant_id AND status = 'completed' ORDER BY id DESC LIMIT :limit) s
JOIN inventory_sync_types t ON t.sync_run_id = s.id
GROUP BY s.id, s.operation_run_id, s.connection_id, s.selection_key, s.completed_at
ORDER BY s.id DESC
