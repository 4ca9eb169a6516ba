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
