-- What was last observed in each tenant, and how well each type was read.

CREATE TABLE inventory_items (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id INTEGER NOT NULL REFERENCES provider_connections (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  platform TEXT NOT NULL,
  meta TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  last_seen_run_id INTEGER REFERENCES operation_runs (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX inventory_items_external ON inventory_items (tenant_id, type, external_id);
CREATE INDEX inventory_items_name ON inventory_items (tenant_id, name, id);

-- The latest attempt to list a type, and the latest one that listed it to the end.
CREATE TABLE inventory_coverage (
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  connection_id INTEGER NOT NULL REFERENCES provider_connections (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  attempted_at INTEGER NOT NULL,
  attempted_run_id INTEGER REFERENCES operation_runs (id) ON DELETE SET NULL,
  code TEXT NOT NULL,
  listed_at INTEGER,
  listed_run_id INTEGER REFERENCES operation_runs (id) ON DELETE SET NULL,
  listed_count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, connection_id, type)
);
