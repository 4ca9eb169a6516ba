-- name: bench_fill_ledger @sqlite
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, started_at, completed_at, created_at,
                            updated_at)
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :last)
SELECT CASE WHEN :others = 0 OR i % 10 = 0 THEN :tenant_id
            ELSE (SELECT id FROM tenants WHERE slug = :prefix || (1 + i % :others)) END,
       :user_id, 'Benchmark', CASE WHEN i % 7 = 0 THEN 'provider.connection.check' ELSE 'inventory.sync' END,
       'completed',
       CASE WHEN i / 10 % 10 = 0 THEN 'failed' ELSE 'succeeded' END, printf('%064d', i),
       '{"processed":312,"success":312}',
       '[]', '{"types":"all"}', :oldest + i * :step, :oldest + i * :step + 1500000, :oldest + i * :step,
       :oldest + i * :step + 1500000
FROM n
-- name: bench_fill_ledger @postgres
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, started_at, completed_at, created_at,
                            updated_at)
SELECT CASE WHEN :others = 0 OR i % 10 = 0 THEN :tenant_id
            ELSE (SELECT id FROM tenants WHERE slug = :prefix || (1 + i % GREATEST(:others, 1))) END,
       :user_id, 'Benchmark', CASE WHEN i % 7 = 0 THEN 'provider.connection.check' ELSE 'inventory.sync' END,
       'completed',
       CASE WHEN i / 10 % 10 = 0 THEN 'failed' ELSE 'succeeded' END, lpad(i::text, 64, '0'),
       '{"processed":312,"success":312}',
       '[]', '{"types":"all"}', at, at + interval '1500 milliseconds', at, at + interval '1500 milliseconds'
FROM (SELECT i, CAST(:oldest AS timestamptz) + i * :step * interval '1 microsecond' AS at
      FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint) - 1) AS n(i)) AS history
-- name: bench_keep_days
UPDATE tenants SET keep_days = :days WHERE slug LIKE :prefix
-- name: bench_places
SELECT created_at, id FROM (
  SELECT created_at, id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS nth,
         lead(id) OVER (ORDER BY created_at DESC, id DESC) AS next
  FROM operation_runs WHERE tenant_id = :tenant_id) AS numbered
WHERE nth % :every = 0 AND next IS NOT NULL ORDER BY nth
-- name: bench_claims
SELECT started_at FROM operation_runs WHERE tenant_id = :tenant_id AND started_at IS NOT NULL ORDER BY started_at
-- name: bench_round
SELECT ended_at, pruned FROM maintenance_rounds WHERE name = 'retention'
-- name: bench_round_forget
DELETE FROM maintenance_rounds WHERE name = 'retention'
-- name: bench_round_restore
INSERT INTO maintenance_rounds (name, ended_at, pruned) VALUES ('retention', :ended_at, :pruned)
-- name: bench_forget @sqlite
DELETE FROM operation_runs WHERE id IN (
  SELECT id FROM operation_runs WHERE tenant_id IN (SELECT value FROM json_each(:tenants)) LIMIT :limit)
-- name: bench_forget @postgres
DELETE FROM operation_runs WHERE id = ANY (ARRAY(
  SELECT id FROM operation_runs
  WHERE tenant_id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:tenants)) LIMIT :limit))
-- name: bench_forget_tenants @sqlite
DELETE FROM tenants WHERE id IN (SELECT value FROM json_each(:tenants))
-- name: bench_forget_tenants @postgres
DELETE FROM tenants WHERE id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(:tenants))
-- name: bench_raw_insert @sqlite
INSERT INTO bench_raw (id, payload) VALUES (:id, :payload)
-- name: bench_raw_insert @postgres
INSERT INTO bench_raw (id, payload) SELECT * FROM unnest(:id::bigint[], :payload::text[])
-- name: bench_raw_claim @sqlite
UPDATE bench_raw SET token = :token
WHERE id IN (SELECT id FROM bench_raw WHERE token IS NULL ORDER BY id LIMIT :limit) RETURNING id
-- name: bench_raw_claim @postgres
UPDATE bench_raw SET token = :token
WHERE id = ANY(ARRAY(SELECT id FROM bench_raw WHERE token IS NULL ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED))
RETURNING id
-- name: bench_raw_delete @sqlite
DELETE FROM bench_raw WHERE id = :id
-- name: bench_raw_delete @postgres
DELETE FROM bench_raw WHERE id = ANY(:id::bigint[])
-- name: bench_transactions @sqlite
SELECT 0 AS done
-- name: bench_transactions @postgres
SELECT xact_commit + xact_rollback AS done FROM pg_stat_database WHERE datname = current_database()
