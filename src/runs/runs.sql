-- name: run_find_active
SELECT * FROM operation_runs
WHERE tenant_id = :tenant_id AND run_identity_hash = :hash AND completed_at IS NULL
-- name: run_find
SELECT * FROM operation_runs WHERE tenant_id = :tenant_id AND id = :id
-- name: runs_mark_running @sqlite
UPDATE operation_runs SET status = 'running', started_at = COALESCE(started_at, :started), updated_at = :now
WHERE id = :run AND completed_at IS NULL
-- name: runs_mark_running @postgres
-- A row that somebody locks is being completed right now: this waits for nobody, so that it is no part of a deadlock.
WITH free AS MATERIALIZED (
  SELECT r.id, b.started, b.nth
  FROM unnest(:run::bigint[], :started::timestamptz[]) WITH ORDINALITY AS b(run, started, nth)
  JOIN operation_runs r ON r.id = b.run
  WHERE r.id = ANY(:run::bigint[]) AND r.status <> 'completed' FOR NO KEY UPDATE OF r SKIP LOCKED)
UPDATE operation_runs SET status = 'running', started_at = COALESCE(started_at, free.started), updated_at = :now
FROM free WHERE operation_runs.id = ANY(:run::bigint[]) AND operation_runs.id = free.id
RETURNING free.nth
-- name: runs_complete @sqlite
UPDATE operation_runs SET status = 'completed', outcome = :outcome, started_at = COALESCE(started_at, :started),
       completed_at = :ended, updated_at = :now, summary_counts = :counts, failure_summary = :failures,
       context = CASE WHEN :context = '{}' THEN context
                      ELSE json_merge_members(COALESCE(context, '{}'), :context) END
WHERE id = :run AND tenant_id = :tenant AND completed_at IS NULL
-- name: runs_complete @postgres
-- "completed_at IS NULL" would let the planner read the whole index of active runs instead.
UPDATE operation_runs SET status = 'completed', outcome = c.outcome, started_at = COALESCE(started_at, c.started),
       completed_at = c.ended, updated_at = :now, summary_counts = c.counts, failure_summary = c.failures,
       context = COALESCE(operation_runs.context, '{}') || c.context
FROM unnest(:run::bigint[], :tenant::bigint[], :outcome::text[], :started::timestamptz[], :ended::timestamptz[],
            :counts::jsonb[], :failures::jsonb[], :context::jsonb[])
     WITH ORDINALITY AS c(run, tenant, outcome, started, ended, counts, failures, context, nth)
WHERE operation_runs.id = ANY(:run::bigint[]) AND operation_runs.id = c.run AND tenant_id = c.tenant
  AND status <> 'completed'
RETURNING c.nth
-- name: scope_lock @sqlite
SELECT 1 AS locked WHERE :key IS NOT NULL
-- name: scope_lock @postgres
SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))
-- name: scope_active
-- Not "completed_at IS NULL": the statistics know no such row, so PostgreSQL would begin with the index of active runs.
SELECT r.* FROM operation_runs r JOIN run_jobs j ON j.run_id = r.id
WHERE j.tenant_id = :tenant_id AND j.scope_key = :scope_key AND j.scope_key <> '' AND j.type <> :type
  AND r.status <> 'completed'
ORDER BY r.id LIMIT 1
-- name: jobs_insert @sqlite
INSERT INTO run_jobs (run_id, tenant_id, user_id, by_person, token_id, type, scope_key, payload, priority, attempt,
                      attempts_max, available_at, last_code, last_message, created_at)
VALUES (:run, :tenant, :user, :by_person, :token, :type, :scope_key, :payload, :priority, 0, :attempts_max, :now, '',
        '', :now)
-- name: jobs_insert @postgres
INSERT INTO run_jobs (run_id, tenant_id, user_id, by_person, token_id, type, scope_key, payload, priority, attempt,
                      attempts_max, available_at, last_code, last_message, created_at)
SELECT j.run, j.tenant, j.person, j.by_person, j.token, j.type, j.scope_key, j.payload, j.priority, 0, j.attempts_max,
       :now, '', '', :now
FROM unnest(:run::bigint[], :tenant::bigint[], :user::bigint[], :by_person::boolean[], :token::bigint[], :type::text[],
            :scope_key::text[], :payload::jsonb[], :priority::integer[], :attempts_max::integer[])
     AS j(run, tenant, person, by_person, token, type, scope_key, payload, priority, attempts_max)
-- name: runs_insert @sqlite
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, created_at, updated_at)
VALUES (:tenant, :user, :initiator, :type, 'queued', 'pending', :hash, '{}', '[]', :context, :now, :now)
ON CONFLICT (tenant_id, run_identity_hash) WHERE completed_at IS NULL DO NOTHING
-- name: runs_insert @postgres
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest(:tenant::bigint[], :user::bigint[], :initiator::text[], :type::text[], :hash::text[],
                       :context::jsonb[])
                WITH ORDINALITY AS a(tenant, person, initiator, type, hash, context, nth)),
made AS (
  INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                              summary_counts, failure_summary, context, created_at, updated_at)
  SELECT tenant, person, initiator, type, 'queued', 'pending', hash, '{}', '[]', context, :now, :now FROM asked
  ON CONFLICT (tenant_id, run_identity_hash) WHERE completed_at IS NULL DO NOTHING
  RETURNING id, tenant_id, run_identity_hash)
SELECT asked.nth, made.id FROM made JOIN asked ON asked.tenant = made.tenant_id AND asked.hash = made.run_identity_hash
-- name: runs_find_active @sqlite
SELECT * FROM operation_runs
WHERE tenant_id = :tenant AND run_identity_hash = :hash AND completed_at IS NULL
-- name: runs_find_active @postgres
SELECT o.* FROM unnest(:tenant::bigint[], :hash::text[]) AS i(tenant, hash)
CROSS JOIN LATERAL (
  SELECT * FROM operation_runs r
  WHERE r.tenant_id = i.tenant AND r.run_identity_hash = i.hash AND r.completed_at IS NULL LIMIT 1) AS o
-- name: job_delete
DELETE FROM run_jobs WHERE tenant_id = :tenant_id AND run_id = :run_id
-- name: notifications_queued_read @sqlite
UPDATE notifications SET read_at = :now WHERE run_id = :run AND kind = 'queued' AND read_at IS NULL
-- name: notifications_queued_read @postgres
UPDATE notifications SET read_at = :now WHERE run_id = ANY(:run::bigint[]) AND kind = 'queued' AND read_at IS NULL
-- name: notifications_insert @sqlite
-- Whoever has been deleted meanwhile needs none.
INSERT INTO notifications (tenant_id, user_id, run_id, kind, outcome, type, title, body, created_at)
SELECT :tenant, id, :run, :kind, :outcome, :type, :title, :body, :now FROM users WHERE id = :user
-- name: notifications_insert @postgres
INSERT INTO notifications (tenant_id, user_id, run_id, kind, outcome, type, title, body, created_at)
SELECT n.tenant, n.person, n.run, :kind, n.outcome, n.type, n.title, n.body, :now
FROM unnest(:tenant::bigint[], :user::bigint[], :run::bigint[], :outcome::text[], :type::text[], :title::text[],
            :body::text[])
     AS n(tenant, person, run, outcome, type, title, body)
WHERE (SELECT u.id FROM users u WHERE u.id = n.person) IS NOT NULL
