-- name: wait_workers
SELECT COUNT(*) AS alive, COALESCE(SUM(slots), 0) AS slots FROM workers WHERE seen_at >= :since
-- name: wait_ahead @sqlite
-- From lane to lane of the tenant as the claim does, counting in each up to the bound.
WITH RECURSIVE lane AS (
  SELECT '' AS type, '' AS scope_key, 0 AS step
  UNION ALL
  SELECT n.type, n.scope_key, l.step + 1
  FROM lane l CROSS JOIN run_jobs n ON n.run_id = (
    SELECT q.run_id FROM run_jobs q INDEXED BY run_jobs_claim
    WHERE q.lease_token IS NULL AND q.priority = :priority AND q.tenant_id = :tenant_id
      AND (q.type, q.scope_key, q.available_at) > (l.type, l.scope_key, 9223372036854775807)
    ORDER BY q.type, q.scope_key, q.available_at, q.run_id LIMIT 1)
  WHERE l.step < :lanes)
SELECT COALESCE(SUM((
  SELECT COUNT(*) FROM (
    SELECT 1 FROM run_jobs w INDEXED BY run_jobs_claim
    WHERE w.lease_token IS NULL AND w.priority = :priority AND w.tenant_id = :tenant_id AND w.type = lane.type
      AND w.scope_key = lane.scope_key AND (w.available_at, w.run_id) < (:available_at, :run_id) LIMIT :bound))), 0)
  AS ahead
FROM lane WHERE step > 0
-- name: wait_ahead @postgres
WITH RECURSIVE lane AS (
  SELECT CAST('' AS TEXT) AS type, CAST('' AS TEXT) AS scope_key, 0 AS step
  UNION ALL
  SELECT n.type, n.scope_key, l.step + 1
  FROM lane l CROSS JOIN LATERAL (
    SELECT q.type, q.scope_key FROM run_jobs q
    WHERE q.lease_token IS NULL AND q.priority = :priority AND q.tenant_id = :tenant_id
      AND (q.type, q.scope_key) > (l.type, l.scope_key)
    ORDER BY q.type, q.scope_key, q.available_at, q.run_id LIMIT 1) AS n
  WHERE l.step < :lanes)
SELECT COALESCE(SUM(c.count), 0) AS ahead
FROM lane CROSS JOIN LATERAL (
  SELECT COUNT(*) AS count FROM (
    SELECT 1 FROM run_jobs w
    WHERE w.lease_token IS NULL AND w.priority = :priority AND w.tenant_id = :tenant_id AND w.type = lane.type
      AND w.scope_key = lane.scope_key AND (w.available_at, w.run_id) < (:available_at, :run_id)
    ORDER BY w.available_at, w.run_id LIMIT :bound) AS counted) AS c
WHERE step > 0
