-- name: doctor_now @sqlite
SELECT CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER) AS now
-- name: doctor_now @postgres
SELECT clock_timestamp() AS now

-- name: doctor_workers
SELECT count(*) AS alive FROM workers WHERE seen_at > :since

-- name: doctor_zones
-- Of the whole installation.
SELECT z.zone, CAST(SUM(z.schedules) AS BIGINT) AS schedules
FROM (SELECT time_zone AS zone, 1 AS schedules FROM run_schedules UNION ALL SELECT time_zone, 0 FROM tenants) AS z
GROUP BY z.zone ORDER BY z.zone
