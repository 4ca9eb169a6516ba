-- name: runs_prune @sqlite
DELETE FROM operation_runs WHERE id IN (
  SELECT id FROM operation_runs WHERE status = 'completed' AND completed_at < :before
  ORDER BY completed_at, id LIMIT :limit)
-- name: runs_prune @postgres
DELETE FROM operation_runs WHERE id IN (
  SELECT id FROM operation_runs WHERE status = 'completed' AND completed_at < :before
  ORDER BY completed_at, id LIMIT :limit FOR UPDATE SKIP LOCKED)
