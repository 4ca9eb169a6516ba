-- name: doctor_now @sqlite
SELECT CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER) AS now
-- name: doctor_now @postgres
SELECT clock_timestamp() AS now

-- name: doctor_workers
SELECT count(*) AS alive FROM workers WHERE seen_at > :since

-- name: doctor_foreign_credentials
SELECT count(*) AS credentials FROM provider_credentials WHERE key_id <> :key_id

-- name: doctor_credentials
SELECT count(*) AS credentials FROM provider_credentials
