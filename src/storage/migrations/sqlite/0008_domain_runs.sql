-- Domain runs: history that a module keeps beside the canonical run (docs/domain-runs.md). A row is written in the
-- transaction that changes its run, and stays when the run is forgotten.

CREATE TABLE inventory_sync_runs (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  operation_run_id INTEGER REFERENCES operation_runs (id) ON DELETE SET NULL,
  connection_id INTEGER,
  selection TEXT NOT NULL,
  selection_key TEXT NOT NULL CHECK (length(selection_key) = 64),
  status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'completed')),
  outcome TEXT NOT NULL CHECK (outcome IN ('pending', 'succeeded', 'partially_succeeded', 'failed')),
  started_at INTEGER,
  completed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CHECK ((status = 'completed') = (outcome <> 'pending'))
);
CREATE UNIQUE INDEX inventory_sync_runs_run ON inventory_sync_runs (operation_run_id);
CREATE INDEX inventory_sync_runs_open ON inventory_sync_runs (id) WHERE status <> 'completed';
CREATE INDEX inventory_sync_runs_selection ON inventory_sync_runs (tenant_id, selection_key, completed_at);

-- How the sync fared with each type that it tried.
CREATE TABLE inventory_sync_types (
  sync_run_id INTEGER NOT NULL REFERENCES inventory_sync_runs (id) ON DELETE CASCADE,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  listed_count INTEGER NOT NULL,
  code TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (sync_run_id, type)
);
CREATE INDEX inventory_sync_types_tenant ON inventory_sync_types (tenant_id);

CREATE TABLE bulk_operation_runs (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  operation_run_id INTEGER REFERENCES operation_runs (id) ON DELETE SET NULL,
  type TEXT NOT NULL,
  total INTEGER,
  status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'completed')),
  outcome TEXT NOT NULL CHECK (outcome IN ('pending', 'succeeded', 'partially_succeeded', 'failed')),
  started_at INTEGER,
  completed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CHECK ((status = 'completed') = (outcome <> 'pending'))
);
CREATE UNIQUE INDEX bulk_operation_runs_run ON bulk_operation_runs (operation_run_id);
CREATE INDEX bulk_operation_runs_open ON bulk_operation_runs (id) WHERE status <> 'completed';
CREATE INDEX bulk_operation_runs_tenant ON bulk_operation_runs (tenant_id, type, created_at);

-- The items of a bulk operation in their order; the outcome is written once, when the item is done.
CREATE TABLE bulk_operation_items (
  bulk_run_id INTEGER NOT NULL REFERENCES bulk_operation_runs (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  item_key TEXT NOT NULL,
  label TEXT NOT NULL,
  outcome TEXT CHECK (outcome IN ('created', 'updated', 'deleted', 'unchanged', 'succeeded', 'skipped', 'failed')),
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  done_at INTEGER,
  PRIMARY KEY (bulk_run_id, position),
  CHECK ((outcome IS NULL) = (done_at IS NULL))
);
CREATE UNIQUE INDEX bulk_operation_items_key ON bulk_operation_items (bulk_run_id, item_key);
CREATE INDEX bulk_operation_items_open ON bulk_operation_items (bulk_run_id, position) WHERE outcome IS NULL;
CREATE INDEX bulk_operation_items_tenant ON bulk_operation_items (tenant_id);
