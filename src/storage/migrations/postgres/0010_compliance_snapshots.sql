-- How many of a tenant's devices were compliant, as Microsoft summed it up at one moment. Written once, never changed.
CREATE TABLE compliance_snapshots (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider_connection_id BIGINT NOT NULL REFERENCES provider_connections (id) ON DELETE CASCADE,
  run_id BIGINT NOT NULL,
  taken_at TIMESTAMPTZ NOT NULL,
  compliant BIGINT NOT NULL,
  remediated BIGINT NOT NULL,
  in_grace_period BIGINT NOT NULL,
  noncompliant BIGINT NOT NULL,
  conflict BIGINT NOT NULL,
  error BIGINT NOT NULL,
  unknown BIGINT NOT NULL,
  not_applicable BIGINT NOT NULL,
  UNIQUE (tenant_id, run_id)
);
CREATE INDEX compliance_snapshots_connection ON compliance_snapshots (tenant_id, provider_connection_id, taken_at);
