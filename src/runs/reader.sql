-- name: detail_job
SELECT * FROM run_jobs WHERE tenant_id = :tenant_id AND run_id = :run_id
-- name: detail_attempts
SELECT * FROM run_attempts WHERE run_id = :run_id ORDER BY number DESC LIMIT 10
-- name: jobs_of @sqlite
SELECT * FROM run_jobs WHERE tenant_id = :tenant_id AND run_id IN (SELECT value FROM json_each(:ids))
-- name: jobs_of @postgres
SELECT * FROM run_jobs
WHERE tenant_id = :tenant_id AND run_id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids))
-- name: active_runs
SELECT * FROM operation_runs WHERE tenant_id = :tenant_id AND outcome = 'pending' ORDER BY created_at DESC,
  id DESC LIMIT :limit
-- name: active_count
SELECT COUNT(*) AS count FROM operation_runs WHERE tenant_id = :tenant_id AND outcome = 'pending'
-- name: outcomes_by_day @sqlite
SELECT created_at / 86400000000 * 86400000000 AS day, outcome, COUNT(*) AS count FROM operation_runs
WHERE tenant_id = :tenant_id AND created_at >= :from AND outcome <> 'pending' GROUP BY 1, 2
-- name: outcomes_by_day @postgres
SELECT date_trunc('day', created_at, 'UTC') AS day, outcome, COUNT(*) AS count FROM operation_runs
WHERE tenant_id = :tenant_id AND created_at >= :from AND outcome <> 'pending' GROUP BY 1, 2
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
SELECT n.*, t.slug FROM notifications n JOIN tenants t ON t.id = n.tenant_id
WHERE n.user_id = :user_id AND n.id < :before AND (CAST(:unread_only AS INTEGER) = 0 OR n.read_at IS NULL)
ORDER BY n.id DESC LIMIT :limit
-- name: notifications_unread
SELECT COUNT(*) AS count FROM notifications WHERE user_id = :user_id AND read_at IS NULL
-- name: notification_read
UPDATE notifications SET read_at = COALESCE(read_at, :now) WHERE user_id = :user_id AND id = :id
-- name: notifications_read_all
UPDATE notifications SET read_at = :now WHERE user_id = :user_id AND read_at IS NULL
