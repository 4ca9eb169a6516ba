-- name: compliance_insert
INSERT INTO compliance_snapshots (tenant_id, provider_connection_id, run_id, taken_at, compliant, remediated,
  in_grace_period, noncompliant, conflict, error, unknown, not_applicable)
VALUES (:tenant_id, :connection_id, :run_id, :now, :compliant, :remediated, :in_grace_period, :noncompliant, :conflict,
  :error, :unknown, :not_applicable)
ON CONFLICT (tenant_id, run_id) DO NOTHING

-- name: compliance_latest
SELECT run_id, taken_at, compliant, remediated, in_grace_period, noncompliant, conflict, error, unknown, not_applicable
FROM compliance_snapshots WHERE tenant_id = :tenant_id AND provider_connection_id = :connection_id
ORDER BY taken_at DESC, id DESC LIMIT :limit
