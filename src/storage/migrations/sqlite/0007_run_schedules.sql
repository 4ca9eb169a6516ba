-- What repeats, and what became of every slot that was due.

CREATE TABLE run_schedules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  type TEXT NOT NULL,
  inputs TEXT NOT NULL,
  spec TEXT NOT NULL CHECK (length(spec) BETWEEN 1 AND 500),
  time_zone TEXT NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  next_due_at INTEGER,
  last_slot INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (enabled OR next_due_at IS NULL)
);
CREATE UNIQUE INDEX run_schedules_name ON run_schedules (tenant_id, name);
CREATE INDEX run_schedules_due ON run_schedules (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX run_schedules_last_slot ON run_schedules (last_slot) WHERE next_due_at IS NOT NULL;

-- A slot is fired once: this key and the run are written in one transaction. `slots`: how many a missed one speaks for.
CREATE TABLE run_schedule_slots (
  schedule_id INTEGER NOT NULL REFERENCES run_schedules (id) ON DELETE CASCADE,
  slot INTEGER NOT NULL,
  tenant_id INTEGER NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('started', 'joined', 'skipped', 'failed')),
  run_id INTEGER REFERENCES operation_runs (id) ON DELETE SET NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  slots INTEGER NOT NULL CHECK (slots >= 1),
  fired_at INTEGER NOT NULL,
  PRIMARY KEY (schedule_id, slot),
  CHECK ((result IN ('skipped', 'failed')) = (code <> ''))
);
CREATE INDEX run_schedule_slots_run ON run_schedule_slots (run_id);
