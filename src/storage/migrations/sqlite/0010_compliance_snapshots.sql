-- How many of a tenant's devices were compliant, as Microsoft summed it up at one moment. Written once, never changed.
CREATE TABLE compliance_snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider_connection_id INTEGER NOT NULL REFERENCES provider_connections (id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL,
  taken_at INTEGER NOT NULL,
  compliant INTEGER NOT NULL,
  remediated INTEGER NOT NULL,
  in_grace_period INTEGER NOT NULL,
  noncompliant INTEGER NOT NULL,
  conflict INTEGER NOT NULL,
  error INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  not_applicable INTEGER NOT NULL,
  UNIQUE (tenant_id, run_id)
);
CREATE INDEX compliance_snapshots_connection ON compliance_snapshots (tenant_id, provider_connection_id, taken_at);
