-- Pruning old runs: found without reading the ledger, and gone without reading the tables that point at them.

CREATE INDEX operation_runs_completed ON operation_runs (completed_at, id) WHERE status = 'completed';
CREATE INDEX inventory_items_last_seen_run ON inventory_items (last_seen_run_id);
CREATE INDEX inventory_coverage_attempted_run ON inventory_coverage (attempted_run_id);
CREATE INDEX inventory_coverage_listed_run ON inventory_coverage (listed_run_id);

-- Who does what only one process may do. A new holder gets the next term; what it writes names its term.
CREATE TABLE leader_leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  term INTEGER NOT NULL CHECK (term >= 1),
  expires_at INTEGER NOT NULL
);
