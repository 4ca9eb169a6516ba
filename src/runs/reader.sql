-- name: detail_job
SELECT * FROM run_jobs WHERE tenant_id = :tenant_id AND run_id = :run_id
-- name: detail_attempts
SELECT * FROM run_attempts WHERE run_id = :run_id ORDER BY number DESC LIMIT 10
-- name: jobs_of @sqlite
SELECT * FROM run_jobs WHERE tenant_id = :tenant_id AND run_id IN (SELECT value FROM json_each(:ids))
-- name: jobs_of @postgres
SELECT * FROM run_jobs
WHERE tenant_id = :tenant_id AND run_id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids))
-- name: waiting_of_person
SELECT COUNT(*) AS count FROM (
  SELECT 1 FROM run_jobs WHERE tenant_id = :tenant_id AND user_id = :user_id AND lease_token IS NULL LIMIT :bound)
  AS counted
-- name: active_runs
SELECT * FROM operation_runs WHERE tenant_id = :tenant_id AND outcome = 'pending' ORDER BY created_at DESC,
  id DESC LIMIT :limit
-- name: active_count
SELECT COUNT(*) AS count FROM (
  SELECT 1 FROM operation_runs WHERE tenant_id = :tenant_id AND outcome = 'pending' LIMIT :bound) AS counted
-- name: activity_of_member
SELECT m.tenant_id,
       (SELECT COUNT(*) FROM (
          SELECT 1 FROM operation_runs r WHERE r.tenant_id = m.tenant_id AND r.outcome = 'pending' LIMIT :bound) AS a)
         AS active,
       (SELECT COUNT(*) FROM (
          SELECT 1 FROM operation_runs r
          WHERE r.tenant_id = m.tenant_id AND r.outcome = 'failed' AND r.created_at >= :since LIMIT :bound) AS f)
         AS failed
FROM tenant_memberships m WHERE m.user_id = :user_id
-- name: outcomes_by_day @sqlite
WITH RECURSIVE d(day) AS (SELECT :from UNION ALL SELECT day + 86400000000 FROM d WHERE day < :today)
SELECT d.day, o.value AS outcome,
       (SELECT COUNT(*) FROM (
          SELECT 1 FROM operation_runs r WHERE r.tenant_id = :tenant_id AND r.outcome = o.value
            AND r.created_at >= d.day AND r.created_at < d.day + 86400000000 LIMIT :bound) AS counted) AS count
FROM d CROSS JOIN json_each('["succeeded", "partially_succeeded", "failed"]') o
-- name: outcomes_by_day @postgres
SELECT d.day, o.outcome,
       (SELECT COUNT(*) FROM (
          SELECT 1 FROM operation_runs r WHERE r.tenant_id = :tenant_id AND r.outcome = o.outcome
            AND r.created_at >= d.day AND r.created_at < d.day + INTERVAL '1 day' LIMIT :bound) AS counted) AS count
FROM generate_series(CAST(:from AS TIMESTAMPTZ), CAST(:today AS TIMESTAMPTZ), INTERVAL '1 day') AS d(day)
CROSS JOIN unnest(ARRAY['succeeded', 'partially_succeeded', 'failed']) AS o(outcome)
-- name: initiators
SELECT DISTINCT u.id, u.name FROM users u JOIN tenant_memberships m ON m.user_id = u.id
WHERE m.tenant_id = :tenant_id ORDER BY u.id
-- name: queue_workers
SELECT COUNT(*) AS alive FROM workers WHERE seen_at >= :since
-- name: queue_waiting @sqlite
-- Runs get their numbers in the order in which they are started: the first one that waits is the oldest, and behind it
-- nothing is read. What has begun before (priority -1) waits for another attempt.
SELECT (SELECT COUNT(*) FROM (
          SELECT 1 FROM run_jobs INDEXED BY run_jobs_claim WHERE lease_token IS NULL AND priority >= 0 LIMIT :bound))
         AS queued,
       (SELECT created_at FROM run_jobs NOT INDEXED WHERE lease_token IS NULL AND priority >= 0
        ORDER BY run_id LIMIT 1) AS oldest
-- name: queue_waiting @postgres
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM run_jobs WHERE lease_token IS NULL AND priority >= 0 LIMIT :bound)
          AS counted) AS queued,
       (SELECT created_at FROM run_jobs WHERE lease_token IS NULL AND priority >= 0 ORDER BY run_id LIMIT 1) AS oldest
-- name: notifications_page
-- Those of tenants that one has left are not shown, counted or changed; they come back with the membership.
SELECT n.*, t.slug FROM notifications n JOIN tenants t ON t.id = n.tenant_id
JOIN tenant_memberships m ON m.tenant_id = n.tenant_id AND m.user_id = n.user_id
WHERE n.user_id = :user_id AND n.id < :before AND (CAST(:unread_only AS INTEGER) = 0 OR n.read_at IS NULL)
ORDER BY n.id DESC LIMIT :limit
-- name: notifications_unread
SELECT COUNT(*) AS count FROM (
  SELECT 1 FROM notifications n
  JOIN tenant_memberships m ON m.tenant_id = n.tenant_id AND m.user_id = n.user_id
  WHERE n.user_id = :user_id AND n.read_at IS NULL LIMIT :bound) AS counted
-- name: notification_read
UPDATE notifications SET read_at = COALESCE(read_at, :now)
WHERE user_id = :user_id AND id = :id
  AND tenant_id IN (SELECT m.tenant_id FROM tenant_memberships m WHERE m.user_id = :user_id)
-- name: notifications_read_all
UPDATE notifications SET read_at = :now
WHERE user_id = :user_id AND read_at IS NULL
  AND tenant_id IN (SELECT m.tenant_id FROM tenant_memberships m WHERE m.user_id = :user_id)
