-- name: prune_next @sqlite
-- The first tenant that has something to forget, and since when. What a tenant keeps is not read.
SELECT t.id, :now - COALESCE(t.keep_days, :keep_days) * 86400000000 AS before FROM tenants t
WHERE t.id >= :first AND EXISTS (
  SELECT 1 FROM operation_runs r INDEXED BY operation_runs_created
  WHERE r.tenant_id = t.id AND r.created_at < :now - COALESCE(t.keep_days, :keep_days) * 86400000000
    AND r.status = 'completed' AND r.completed_at < :now - COALESCE(t.keep_days, :keep_days) * 86400000000)
ORDER BY t.id LIMIT 1
-- name: prune_next @postgres
SELECT t.id, k.before FROM tenants t
CROSS JOIN LATERAL (
  SELECT CAST(:now AS TIMESTAMPTZ) - COALESCE(t.keep_days, :keep_days) * INTERVAL '24 hours' AS before) AS k
WHERE t.id >= :first AND EXISTS (
  SELECT 1 FROM operation_runs r
  WHERE r.tenant_id = t.id AND r.created_at < k.before AND r.status = 'completed' AND r.completed_at < k.before)
ORDER BY t.id LIMIT 1
-- name: runs_prune @sqlite
DELETE FROM operation_runs WHERE id IN (
  SELECT id FROM operation_runs INDEXED BY operation_runs_created
  WHERE tenant_id = :tenant_id AND created_at < :before AND status = 'completed' AND completed_at < :before
  ORDER BY created_at, id LIMIT :limit)
-- name: runs_prune @postgres
DELETE FROM operation_runs WHERE id = ANY (ARRAY(
  SELECT id FROM operation_runs
  WHERE tenant_id = :tenant_id AND created_at < :before AND status = 'completed' AND completed_at < :before
  ORDER BY created_at, id LIMIT :limit FOR UPDATE SKIP LOCKED))
-- name: round_ended
INSERT INTO maintenance_rounds (name, ended_at, pruned) VALUES ('retention', :now, :pruned)
ON CONFLICT (name) DO UPDATE SET ended_at = excluded.ended_at, pruned = excluded.pruned
