-- name: bench_fill_ledger @sqlite
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, started_at, completed_at, created_at,
                            updated_at)
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :last)
SELECT :tenant_id, :user_id, 'Benchmark', 'inventory.sync', 'completed',
       CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'succeeded' END, printf('%064d', i),
       '{"processed":312,"success":312}',
       '[]', '{"types":"all"}', :newest - i * 20000000, :newest - i * 20000000 + 1500000, :newest - i * 20000000,
       :newest
FROM n
-- name: bench_fill_ledger @postgres
INSERT INTO operation_runs (tenant_id, user_id, initiator_name, type, status, outcome, run_identity_hash,
                            summary_counts, failure_summary, context, started_at, completed_at, created_at,
                            updated_at)
SELECT :tenant_id, :user_id, 'Benchmark', 'inventory.sync', 'completed',
       CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'succeeded' END, lpad(i::text, 64, '0'),
       '{"processed":312,"success":312}',
       '[]', '{"types":"all"}', at, at + interval '1500 milliseconds', at, CAST(:newest AS timestamptz)
FROM (SELECT i, CAST(:newest AS timestamptz) - i * interval '20 seconds' AS at
      FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint) - 1) AS n(i)) AS history
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
-- name: bench_engine_version @sqlite
SELECT sqlite_version() AS version
-- name: bench_engine_version @postgres
SELECT current_setting('server_version') AS version
