-- name: run_insert
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
  summary_counts,
                            failure_summary, context, created_at, updated_at)
VALUES (:tenant_id, :user_id, :initiator_name, :type, 'queued', 'pending', :hash, '{}', '[]', :context, :now, :now)
ON CONFLICT (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running') DO NOTHING
RETURNING *
-- name: run_find_active
SELECT * FROM operation_runs
WHERE tenant_id = :tenant_id AND run_identity_hash = :hash AND status IN ('queued', 'running')
-- name: run_find
SELECT * FROM operation_runs WHERE tenant_id = :tenant_id AND id = :id
-- name: run_mark_running @sqlite
UPDATE operation_runs SET status = 'running', started_at = COALESCE(started_at, :now), updated_at = :now
WHERE id IN (SELECT value FROM json_each(:ids)) AND status IN ('queued', 'running')
-- name: run_mark_running @postgres
UPDATE operation_runs SET status = 'running', started_at = COALESCE(started_at, :now), updated_at = :now
WHERE id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:ids)) AND status IN ('queued', 'running')
-- name: runs_complete @sqlite
UPDATE operation_runs SET status = 'completed', outcome = c.value ->> '$.outcome', completed_at = :now,
       updated_at = :now, summary_counts = c.value -> '$.counts', failure_summary = c.value -> '$.failures',
       context = json_patch(COALESCE(context, '{}'), c.value -> '$.context')
FROM json_each(:completions) AS c
WHERE operation_runs.id = c.value ->> '$.run' AND tenant_id = c.value ->> '$.tenant' AND status IN ('queued', 'running')
RETURNING id, tenant_id, user_id, type, outcome, summary_counts, failure_summary, started_at
-- name: runs_complete @postgres
UPDATE operation_runs SET status = 'completed', outcome = c.outcome, completed_at = :now, updated_at = :now,
       summary_counts = c.counts, failure_summary = c.failures,
       context = COALESCE(operation_runs.context, '{}') || c.context
FROM jsonb_to_recordset(:completions)
     AS c(run BIGINT, tenant BIGINT, outcome TEXT, counts JSONB, failures JSONB, context JSONB)
WHERE operation_runs.id = c.run AND tenant_id = c.tenant AND status IN ('queued', 'running')
RETURNING id, tenant_id, user_id, type, operation_runs.outcome, summary_counts, failure_summary, started_at
-- name: scope_lock @sqlite
SELECT 1 AS locked WHERE :key IS NOT NULL
-- name: scope_lock @postgres
SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))
-- name: scope_active
SELECT r.* FROM operation_runs r JOIN run_jobs j ON j.run_id = r.id
WHERE j.tenant_id = :tenant_id AND j.scope_key = :scope_key AND j.type <> :type AND r.status <> 'completed'
ORDER BY r.id LIMIT 1
-- name: jobs_insert @sqlite
INSERT INTO run_jobs (run_id, tenant_id, type, scope_key, payload, priority, attempt, attempts_max, available_at,
                      last_code, last_message, created_at)
SELECT value ->> '$.run', value ->> '$.tenant', value ->> '$.type', value ->> '$.scope_key', value -> '$.payload',
       value ->> '$.priority', 0, value ->> '$.attempts_max', :now, '', '', :now
FROM json_each(:jobs)
-- name: jobs_insert @postgres
INSERT INTO run_jobs (run_id, tenant_id, type, scope_key, payload, priority, attempt, attempts_max, available_at,
                      last_code, last_message, created_at)
SELECT j.run, j.tenant, j.type, j.scope_key, j.payload, j.priority, 0, j.attempts_max, :now, '', '', :now
FROM jsonb_to_recordset(:jobs) AS j(run BIGINT, tenant BIGINT, type TEXT, scope_key TEXT, payload JSONB,
                                    priority INTEGER, attempts_max INTEGER)
-- name: runs_insert @sqlite
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, created_at, updated_at)
SELECT value ->> '$.tenant', value ->> '$.user', value ->> '$.initiator', value ->> '$.type', 'queued', 'pending',
       value ->> '$.hash', '{}', '[]', value -> '$.context', :now, :now
FROM json_each(:runs) WHERE true
ON CONFLICT (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running') DO NOTHING
RETURNING *
-- name: runs_insert @postgres
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, created_at, updated_at)
SELECT r.tenant, r."user", r.initiator, r.type, 'queued', 'pending', r.hash, '{}', '[]', r.context, :now, :now
FROM jsonb_to_recordset(:runs)
     AS r(tenant BIGINT, "user" BIGINT, initiator TEXT, type TEXT, hash TEXT, context JSONB)
ON CONFLICT (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running') DO NOTHING
RETURNING *
-- name: runs_find_active @sqlite
SELECT * FROM operation_runs
WHERE (tenant_id, run_identity_hash) IN (SELECT value ->> '$.tenant', value ->> '$.hash' FROM json_each(:identities))
  AND status IN ('queued', 'running')
-- name: runs_find_active @postgres
SELECT o.* FROM jsonb_to_recordset(:identities) AS i(tenant BIGINT, hash TEXT)
JOIN operation_runs o ON o.tenant_id = i.tenant AND o.run_identity_hash = i.hash AND o.status IN ('queued', 'running')
-- name: job_delete
DELETE FROM run_jobs WHERE run_id = :run_id
-- name: notifications_queued_read @sqlite
UPDATE notifications SET read_at = :now
WHERE run_id IN (SELECT value FROM json_each(:runs)) AND kind = 'queued' AND read_at IS NULL
-- name: notifications_queued_read @postgres
UPDATE notifications SET read_at = :now
WHERE run_id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:runs)) AND kind = 'queued'
       AND read_at IS NULL
-- name: notifications_insert @sqlite
INSERT INTO notifications (tenant_id, user_id, run_id, kind, outcome, type, title, body, created_at)
SELECT value ->> '$.tenant', value ->> '$.user', value ->> '$.run', :kind, value ->> '$.outcome', value ->> '$.type',
       value ->> '$.title', value ->> '$.body', :now
FROM json_each(:notifications)
-- name: notifications_insert @postgres
INSERT INTO notifications (tenant_id, user_id, run_id, kind, outcome, type, title, body, created_at)
SELECT n.tenant, n."user", n.run, :kind, n.outcome, n.type, n.title, n.body, :now
FROM jsonb_to_recordset(:notifications)
     AS n(tenant BIGINT, "user" BIGINT, run BIGINT, outcome TEXT, type TEXT, title TEXT, body TEXT)
