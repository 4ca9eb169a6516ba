-- name: run_find_active
SELECT * FROM operation_runs
WHERE tenant_id = :tenant_id AND run_identity_hash = :hash AND status IN ('queued', 'running')
-- name: run_find
SELECT * FROM operation_runs WHERE tenant_id = :tenant_id AND id = :id
-- name: run_mark_running @sqlite
UPDATE operation_runs SET status = 'running', started_at = COALESCE(started_at, :now), updated_at = :now
WHERE id = :run AND status IN ('queued', 'running')
-- name: run_mark_running @postgres
UPDATE operation_runs SET status = 'running', started_at = COALESCE(started_at, :now), updated_at = :now
WHERE id = ANY(:run::bigint[]) AND status IN ('queued', 'running')
-- name: runs_complete @sqlite
UPDATE operation_runs SET status = 'completed', outcome = :outcome, completed_at = :ended, updated_at = :now,
       summary_counts = :counts, failure_summary = :failures,
       context = CASE WHEN :context = '{}' THEN context ELSE json_patch(COALESCE(context, '{}'), :context) END
WHERE id = :run AND tenant_id = :tenant AND status IN ('queued', 'running')
RETURNING id, user_id, type, started_at
-- name: runs_complete @postgres
UPDATE operation_runs SET status = 'completed', outcome = c.outcome, completed_at = c.ended, updated_at = :now,
       summary_counts = c.counts, failure_summary = c.failures,
       context = COALESCE(operation_runs.context, '{}') || c.context
FROM unnest(:run::bigint[], :tenant::bigint[], :outcome::text[], :ended::timestamptz[], :counts::jsonb[],
            :failures::jsonb[], :context::jsonb[])
     AS c(run, tenant, outcome, ended, counts, failures, context)
WHERE operation_runs.id = c.run AND tenant_id = c.tenant AND status IN ('queued', 'running')
RETURNING id, user_id, type, started_at
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
VALUES (:run, :tenant, :type, :scope_key, :payload, :priority, 0, :attempts_max, :now, '', '', :now)
-- name: jobs_insert @postgres
INSERT INTO run_jobs (run_id, tenant_id, type, scope_key, payload, priority, attempt, attempts_max, available_at,
                      last_code, last_message, created_at)
SELECT j.run, j.tenant, j.type, j.scope_key, j.payload, j.priority, 0, j.attempts_max, :now, '', '', :now
FROM unnest(:run::bigint[], :tenant::bigint[], :type::text[], :scope_key::text[], :payload::jsonb[],
            :priority::integer[], :attempts_max::integer[])
     AS j(run, tenant, type, scope_key, payload, priority, attempts_max)
-- name: runs_insert @sqlite
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, created_at, updated_at)
VALUES (:tenant, :user, :initiator, :type, 'queued', 'pending', :hash, '{}', '[]', :context, :now, :now)
ON CONFLICT (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running') DO NOTHING
RETURNING id, tenant_id, run_identity_hash
-- name: runs_insert @postgres
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, created_at, updated_at)
SELECT r.tenant, r.person, r.initiator, r.type, 'queued', 'pending', r.hash, '{}', '[]', r.context, :now, :now
FROM unnest(:tenant::bigint[], :user::bigint[], :initiator::text[], :type::text[], :hash::text[], :context::jsonb[])
     AS r(tenant, person, initiator, type, hash, context)
ON CONFLICT (tenant_id, run_identity_hash) WHERE status IN ('queued', 'running') DO NOTHING
RETURNING id, tenant_id, run_identity_hash
-- name: runs_find_active @sqlite
SELECT * FROM operation_runs
WHERE tenant_id = :tenant AND run_identity_hash = :hash AND status IN ('queued', 'running')
-- name: runs_find_active @postgres
SELECT o.* FROM unnest(:tenant::bigint[], :hash::text[]) AS i(tenant, hash)
JOIN operation_runs o ON o.tenant_id = i.tenant AND o.run_identity_hash = i.hash AND o.status IN ('queued', 'running')
-- name: job_delete
DELETE FROM run_jobs WHERE run_id = :run_id
-- name: notifications_queued_read @sqlite
UPDATE notifications SET read_at = :now WHERE run_id = :run AND kind = 'queued' AND read_at IS NULL
-- name: notifications_queued_read @postgres
UPDATE notifications SET read_at = :now WHERE run_id = ANY(:run::bigint[]) AND kind = 'queued' AND read_at IS NULL
-- name: notifications_insert @sqlite
INSERT INTO notifications (tenant_id, user_id, run_id, kind, outcome, type, title, body, created_at)
VALUES (:tenant, :user, :run, :kind, :outcome, :type, :title, :body, :now)
-- name: notifications_insert @postgres
INSERT INTO notifications (tenant_id, user_id, run_id, kind, outcome, type, title, body, created_at)
SELECT n.tenant, n.person, n.run, :kind, n.outcome, n.type, n.title, n.body, :now
FROM unnest(:tenant::bigint[], :user::bigint[], :run::bigint[], :outcome::text[], :type::text[], :title::text[],
            :body::text[])
     AS n(tenant, person, run, outcome, type, title, body)
