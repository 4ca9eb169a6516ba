-- name: job_lanes @sqlite
-- The last member of the row lets the index step over the whole lane.
WITH RECURSIVE lane AS (
  SELECT value ->> '$.priority' AS priority, value ->> '$.tenant' AS tenant_id, '' AS type, '' AS scope_key,
         0 AS available_at, value ->> '$.until' AS until, value ->> '$.part' AS part, 0 AS step, 0 AS nth,
         0 AS leave
  FROM json_each(:parts)
  UNION ALL
  SELECT l.priority, n.tenant_id, n.type, n.scope_key, n.available_at, l.until, l.part, l.step + 1,
         CASE n.tenant_id WHEN l.tenant_id THEN l.nth + 1 ELSE 1 END,
         CASE WHEN n.tenant_id = l.tenant_id AND l.nth + 1 >= :per_tenant THEN 1 ELSE 0 END
  FROM lane l CROSS JOIN run_jobs n ON n.run_id = (
    SELECT q.run_id FROM run_jobs q INDEXED BY run_jobs_claim
    WHERE q.lease_token IS NULL AND q.priority = l.priority AND q.tenant_id <= l.until
      AND (q.tenant_id, q.type, q.scope_key, q.available_at) >
          (l.tenant_id + l.leave, CASE l.leave WHEN 0 THEN l.type ELSE '' END,
           CASE l.leave WHEN 0 THEN l.scope_key ELSE '' END, 9223372036854775807)
    ORDER BY q.tenant_id, q.type, q.scope_key, q.available_at, q.run_id LIMIT 1)
  WHERE l.step < :steps)
SELECT priority, tenant_id, type, scope_key, available_at, step, leave FROM lane WHERE step > 0 ORDER BY part, step
-- name: job_lanes @postgres
WITH RECURSIVE lane AS (
  SELECT f.priority, f.tenant AS tenant_id, CAST('' AS TEXT) AS type, CAST('' AS TEXT) AS scope_key,
         CAST('-infinity' AS TIMESTAMPTZ) AS available_at, f.until, f.part, 0 AS step, 0 AS nth,
         0 AS leave
  FROM jsonb_to_recordset(:parts) AS f(priority INTEGER, tenant BIGINT, until BIGINT, part INTEGER)
  UNION ALL
  SELECT l.priority, n.tenant_id, n.type, n.scope_key, n.available_at, l.until, l.part, l.step + 1,
         CASE n.tenant_id WHEN l.tenant_id THEN l.nth + 1 ELSE 1 END,
         CASE WHEN n.tenant_id = l.tenant_id AND l.nth + 1 >= :per_tenant THEN 1 ELSE 0 END
  FROM lane l CROSS JOIN LATERAL (
    SELECT q.tenant_id, q.type, q.scope_key, q.available_at FROM run_jobs q
    WHERE q.lease_token IS NULL AND q.priority = l.priority AND q.tenant_id <= l.until
      AND (q.tenant_id, q.type, q.scope_key) >
          (l.tenant_id + l.leave, CASE l.leave WHEN 0 THEN l.type ELSE '' END,
           CASE l.leave WHEN 0 THEN l.scope_key ELSE '' END)
    ORDER BY q.tenant_id, q.type, q.scope_key, q.available_at, q.run_id LIMIT 1) AS n
  WHERE l.step < :steps)
SELECT priority, tenant_id, type, scope_key, available_at, step, leave FROM lane WHERE step > 0 ORDER BY part, step
-- name: job_take @sqlite
-- One lane: SQLite's LIMIT cannot differ by row.
UPDATE run_jobs SET lease_token = :token, leased_at = :now, lease_expires_at = :expires, worker = :worker,
                    attempt = attempt + 1
WHERE run_id IN (
  SELECT q.run_id FROM run_jobs q INDEXED BY run_jobs_claim
  WHERE q.lease_token IS NULL AND q.priority = :lanes ->> '$[0].priority' AND q.tenant_id = :lanes ->> '$[0].tenant'
    AND q.type = :lanes ->> '$[0].type' AND q.scope_key = :lanes ->> '$[0].scope_key' AND q.available_at <= :now
  ORDER BY q.available_at, q.run_id LIMIT :lanes ->> '$[0].quota')
RETURNING run_id, tenant_id, user_id, by_person, token_id, type, scope_key, payload, priority, attempt, attempts_max,
          available_at, lease_token, leased_at, worker
-- name: job_take @postgres
-- As an array the rows are picked once, whatever the planner thinks of the rest.
UPDATE run_jobs SET lease_token = :token, leased_at = :now, lease_expires_at = :expires, worker = :worker,
                    attempt = attempt + 1
WHERE run_id = ANY (ARRAY(
  SELECT t.run_id
  FROM jsonb_to_recordset(:lanes) AS l(priority INTEGER, tenant BIGINT, type TEXT, scope_key TEXT, quota BIGINT)
  CROSS JOIN LATERAL (
    SELECT q.run_id FROM run_jobs q
    WHERE q.lease_token IS NULL AND q.priority = l.priority AND q.tenant_id = l.tenant AND q.type = l.type
      AND q.scope_key = l.scope_key AND q.available_at <= :now
    ORDER BY q.available_at, q.run_id LIMIT l.quota FOR UPDATE SKIP LOCKED) AS t))
RETURNING run_id, tenant_id, user_id, by_person, token_id, type, scope_key, payload, priority, attempt, attempts_max,
          available_at, lease_token, leased_at, worker
-- name: job_waits_of
-- Whether a tenant has a run that no worker holds.
SELECT 1 AS waits FROM run_jobs
WHERE lease_token IS NULL AND priority IN (-1, 0, 1, 2) AND tenant_id = :tenant_id LIMIT 1
-- name: claim_lock @sqlite
SELECT 1 AS locked WHERE :tenants IS NOT NULL
-- name: claim_lock @postgres
SELECT pg_advisory_xact_lock(hashtextextended('claim/' || t.value, 0))
FROM jsonb_array_elements_text(:tenants) AS t(value)
-- name: attempt_ended
INSERT INTO run_attempts (run_id, number, started_at, ended_at, code, worker)
VALUES (:run_id, :number, :started_at, :now, :code, :worker)
ON CONFLICT (run_id, number) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at,
                                           code = excluded.code, worker = excluded.worker
-- name: attempt_late
UPDATE run_attempts SET late_result_at = :now WHERE run_id = :run_id AND number = :number
-- name: job_heartbeat @sqlite
UPDATE run_jobs SET lease_expires_at = :expires WHERE run_id = :run AND lease_token = :token
RETURNING run_id
-- name: job_heartbeat @postgres
-- A row that somebody locks is being completed, released or rescued right now: a heartbeat waits for nobody, so that it
-- cannot be part of a deadlock.
WITH free AS MATERIALIZED (
  SELECT j.run_id FROM unnest(:run::bigint[], :token::text[]) AS l(run, token)
  JOIN run_jobs j ON j.run_id = l.run AND j.lease_token = l.token
  WHERE j.run_id = ANY(:run::bigint[]) FOR NO KEY UPDATE OF j SKIP LOCKED),
extended AS (
  UPDATE run_jobs SET lease_expires_at = :expires FROM free
  WHERE run_jobs.run_id = ANY(:run::bigint[]) AND run_jobs.run_id = free.run_id)
SELECT j.run_id FROM unnest(:run::bigint[], :token::text[]) AS l(run, token)
JOIN run_jobs j ON j.run_id = l.run AND j.lease_token = l.token WHERE j.run_id = ANY(:run::bigint[])
-- name: lease_hold @sqlite
SELECT 1 AS held FROM run_jobs WHERE run_id = :run_id AND lease_token = :token
-- name: lease_hold @postgres
-- Until the transaction ends the run cannot be completed, released or rescued; heartbeats and progress go on.
SELECT 1 AS held FROM run_jobs WHERE run_id = :run_id AND lease_token = :token FOR KEY SHARE
-- name: lease_take_back @sqlite
SELECT 1 AS held FROM run_jobs WHERE run_id = :run_id AND lease_token = :token
-- name: lease_take_back @postgres
-- Waits for what the run's handler is writing.
SELECT 1 AS held FROM run_jobs WHERE run_id = :run_id AND lease_token = :token FOR UPDATE
-- name: abandon_patience @sqlite
SELECT 1 AS unused WHERE 0
-- name: abandon_patience @postgres
SELECT set_config('lock_timeout', '500ms', true)
-- name: job_progress
UPDATE run_jobs SET last_progress_at = :now WHERE run_id = :run_id AND lease_token = :token
-- name: run_progress
UPDATE operation_runs SET summary_counts = :counts, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :run_id AND status = 'running'
-- name: completion_plans @sqlite
SELECT 1 AS unused WHERE 0
-- name: completion_plans @postgres
-- A join of two lists of a thousand names, whatever the planner thinks how long they are.
SELECT set_config('enable_nestloop', 'off', true)
-- name: jobs_finish @sqlite
DELETE FROM run_jobs WHERE run_id = :run AND lease_token = :token
-- name: jobs_finish @postgres
-- The array names the rows whatever the planner thinks of the join: this table is mostly dead rows at times. "=" for
-- the token would let it read the whole index of leases instead.
DELETE FROM run_jobs USING unnest(:run::bigint[], :token::text[]) WITH ORDINALITY AS l(run, token, nth)
WHERE run_jobs.run_id = ANY(:run::bigint[]) AND run_jobs.run_id = l.run AND lease_token IS NOT DISTINCT FROM l.token
RETURNING l.nth
-- name: run_started
SELECT started_at FROM operation_runs WHERE tenant_id = :tenant_id AND id = :run_id
-- name: job_release
UPDATE run_jobs SET lease_token = NULL, leased_at = NULL, lease_expires_at = NULL, worker = NULL,
                    attempt = attempt - :uncounted, priority = -1, available_at = :available_at,
                    last_code = :code, last_message = :message
WHERE run_id = :run_id AND lease_token = :token
-- name: leases_silent
SELECT run_id, lease_token, lease_expires_at FROM run_jobs
WHERE lease_token IS NOT NULL AND lease_expires_at < :before
  AND (lease_expires_at, run_id) > (:after_expiry, :after_run)
ORDER BY lease_expires_at, run_id LIMIT :limit
-- name: job_lost @sqlite
SELECT * FROM run_jobs WHERE run_id = :run_id AND lease_token = :token AND lease_expires_at = :expires_at
-- name: job_lost @postgres
SELECT * FROM run_jobs WHERE run_id = :run_id AND lease_token = :token AND lease_expires_at = :expires_at
FOR UPDATE SKIP LOCKED
-- name: runs_without_job @sqlite
-- A page of the index of active runs; the ledger behind it is not read. The last row tells where a full page ends.
WITH page AS MATERIALIZED (
  SELECT id, tenant_id, run_identity_hash, created_at FROM operation_runs INDEXED BY operation_runs_active_identity
  WHERE completed_at IS NULL AND (tenant_id, run_identity_hash) > (:tenant_id, :hash)
  ORDER BY tenant_id, run_identity_hash LIMIT :limit)
SELECT p.id, p.tenant_id, p.run_identity_hash, 0 AS page_end FROM page p
WHERE p.created_at < :before AND (SELECT j.run_id FROM run_jobs j WHERE j.run_id = p.id) IS NULL
UNION ALL
SELECT id, tenant_id, run_identity_hash, 1 FROM (
  SELECT * FROM page ORDER BY tenant_id, run_identity_hash LIMIT 1 OFFSET :last)
-- name: runs_without_job @postgres
WITH page AS MATERIALIZED (
  SELECT id, tenant_id, run_identity_hash, created_at FROM operation_runs
  WHERE completed_at IS NULL AND (tenant_id, run_identity_hash) > (:tenant_id, :hash)
  ORDER BY tenant_id, run_identity_hash LIMIT :limit)
SELECT p.id, p.tenant_id, p.run_identity_hash, 0 AS page_end FROM page p
WHERE p.created_at < :before AND (SELECT j.run_id FROM run_jobs j WHERE j.run_id = p.id) IS NULL
UNION ALL
SELECT id, tenant_id, run_identity_hash, 1 FROM (
  SELECT * FROM page ORDER BY tenant_id, run_identity_hash LIMIT 1 OFFSET :last) AS ending
-- name: worker_seen
INSERT INTO workers (name, slots, version, stuck_handlers, started_at, seen_at)
VALUES (:name, :slots, :version, :stuck, :now, :now)
ON CONFLICT (name) DO UPDATE SET seen_at = :now, slots = :slots, version = :version, stuck_handlers = :stuck
-- name: worker_gone
DELETE FROM workers WHERE name = :name OR seen_at < :before
-- name: run_flag @sqlite
UPDATE operation_runs SET context = json_merge_members(COALESCE(context, '{}'), :flag)
WHERE tenant_id = :tenant_id AND id = :run_id
-- name: run_flag @postgres
UPDATE operation_runs SET context = COALESCE(context, '{}') || CAST(:flag AS JSONB)
WHERE tenant_id = :tenant_id AND id = :run_id
-- name: run_counts
SELECT COALESCE(summary_counts, '{}') AS summary_counts FROM operation_runs
WHERE tenant_id = :tenant_id AND id = :run_id
-- name: run_landed
SELECT 1 AS landed FROM operation_runs
WHERE tenant_id = :tenant_id AND id = :id AND completed_at = :ended AND outcome = :outcome
