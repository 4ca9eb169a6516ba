-- What the whole installation tells of itself, who may see it, and how long each tenant keeps its runs.

CREATE TABLE administrators (
  user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  since INTEGER NOT NULL
);

ALTER TABLE workers ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE workers ADD COLUMN stuck_handlers INTEGER NOT NULL DEFAULT 0;

-- The latest round of what the leading process does every day.
CREATE TABLE maintenance_rounds (
  name TEXT NOT NULL PRIMARY KEY,
  ended_at INTEGER NOT NULL,
  pruned INTEGER NOT NULL
);

-- Empty: as long as the installation says. Pruning goes from tenant to tenant, by operation_runs_created.
ALTER TABLE tenants ADD COLUMN keep_days INTEGER CHECK (keep_days BETWEEN 1 AND 36500);
DROP INDEX operation_runs_completed;
