-- name: job_claim @sqlite
UPDATE run_jobs SET lease_token = :token, leased_at = :now, lease_expires_at = :expires, worker = :worker,
                    attempt = attempt + 1
WHERE run_id IN (SELECT run_id FROM run_jobs WHERE lease_token IS NULL AND available_at <= :now
                 ORDER BY priority, available_at, run_id LIMIT :limit)
RETURNING *
-- name: job_claim @postgres
UPDATE run_jobs SET lease_token = :token, leased_at = :now, lease_expires_at = :expires, worker = :worker,
                    attempt = attempt + 1
WHERE run_id IN (SELECT run_id FROM run_jobs WHERE lease_token IS NULL AND available_at <= :now
                 ORDER BY priority, available_at, run_id LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING *
-- name: attempt_ended
INSERT INTO run_attempts (run_id, number, started_at, ended_at, code, worker)
VALUES (:run_id, :number, :started_at, :now, :code, :worker)
ON CONFLICT (run_id, number) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
                                           code = excluded.code, worker = excluded.worker
-- name: attempt_late
UPDATE run_attempts SET late_result_at = :now WHERE run_id = :run_id AND number = :number
-- name: job_heartbeat @sqlite
UPDATE run_jobs SET lease_expires_at = :expires FROM json_each(:leases) AS l
WHERE run_jobs.run_id = l.value ->> '$.run' AND lease_token = l.value ->> '$.token'
RETURNING run_id
-- name: job_heartbeat @postgres
UPDATE run_jobs SET lease_expires_at = :expires FROM jsonb_to_recordset(:leases) AS l(run BIGINT, token TEXT)
WHERE run_jobs.run_id = l.run AND lease_token = l.token
RETURNING run_id
-- name: job_progress
UPDATE run_jobs SET last_progress_at = :now WHERE run_id = :run_id AND lease_token = :token
-- name: run_progress
UPDATE operation_runs SET summary_counts = :counts, updated_at = :now WHERE id = :run_id AND status = 'running'
-- name: jobs_finish @sqlite
DELETE FROM run_jobs
WHERE (run_id, lease_token) IN (SELECT value ->> '$.run', value ->> '$.token' FROM json_each(:leases))
RETURNING run_id
-- name: jobs_finish @postgres
DELETE FROM run_jobs USING jsonb_to_recordset(:leases) AS l(run BIGINT, token TEXT)
WHERE run_jobs.run_id = l.run AND lease_token = l.token
RETURNING run_id
-- name: job_release
UPDATE run_jobs SET lease_token = NULL, leased_at = NULL, lease_expires_at = NULL, worker = NULL,
                    attempt = attempt - :uncounted, available_at = :available_at,
                    last_code = :code, last_message = :message
WHERE run_id = :run_id AND lease_token = :token
-- name: job_expired @sqlite
SELECT * FROM run_jobs WHERE lease_token IS NOT NULL AND lease_expires_at < :now ORDER BY lease_expires_at LIMIT :limit
-- name: job_expired @postgres
SELECT * FROM run_jobs WHERE lease_token IS NOT NULL AND lease_expires_at < :now ORDER BY lease_expires_at LIMIT :limit
FOR UPDATE SKIP LOCKED
-- name: run_never_dispatched
SELECT r.id, r.tenant_id FROM operation_runs r
WHERE r.status IN ('queued', 'running') AND r.created_at < :before
  AND NOT EXISTS (SELECT 1 FROM run_jobs j WHERE j.run_id = r.id)
ORDER BY r.id LIMIT :limit
-- name: worker_seen
INSERT INTO workers (name, slots, started_at, seen_at) VALUES (:name, :slots, :now, :now)
ON CONFLICT (name) DO UPDATE SET seen_at = :now, slots = :slots
-- name: worker_gone
DELETE FROM workers WHERE name = :name OR seen_at < :before
-- name: run_flag @sqlite
UPDATE operation_runs SET context = json_patch(COALESCE(context, '{}'), :flag) WHERE id = :run_id
-- name: run_flag @postgres
UPDATE operation_runs SET context = COALESCE(context, '{}') || CAST(:flag AS JSONB) WHERE id = :run_id
-- name: run_counts
SELECT COALESCE(summary_counts, '{}') AS summary_counts FROM operation_runs WHERE id = :run_id
