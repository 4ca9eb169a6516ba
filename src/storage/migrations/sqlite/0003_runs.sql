CREATE TABLE operation_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
  initiator_name TEXT NOT NULL,
  type TEXT NOT NULL,
  -- Not IN: SQLite would build a temporary table of the words for every row it checks.
  status TEXT NOT NULL CHECK (status = 'queued' OR status = 'running' OR status = 'completed'),
  outcome TEXT NOT NULL CHECK (outcome = 'pending' OR outcome = 'succeeded' OR outcome = 'partially_succeeded' OR
                               outcome = 'failed' OR outcome = 'cancelled'),
  run_identity_hash TEXT NOT NULL CHECK (length(run_identity_hash) = 64),
  summary_counts TEXT,
  failure_summary TEXT,
  context TEXT,
  started_at INTEGER,
  completed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CHECK ((status = 'completed') = (outcome <> 'pending')),
  CHECK (status <> 'running' OR started_at IS NOT NULL)
);
CREATE UNIQUE INDEX operation_runs_active_identity ON operation_runs (tenant_id, run_identity_hash)
  WHERE status IN ('queued', 'running');
CREATE INDEX operation_runs_type ON operation_runs (tenant_id, type, created_at);
CREATE INDEX operation_runs_created ON operation_runs (tenant_id, created_at);
CREATE INDEX operation_runs_outcome ON operation_runs (tenant_id, outcome, created_at);

CREATE TABLE run_jobs (
  run_id INTEGER NOT NULL PRIMARY KEY REFERENCES operation_runs (id) ON DELETE CASCADE,
  tenant_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  scope_key TEXT NOT NULL,
  payload TEXT NOT NULL,
  priority INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  attempts_max INTEGER NOT NULL CHECK (attempts_max >= 1),
  available_at INTEGER NOT NULL,
  lease_token TEXT,
  leased_at INTEGER,
  lease_expires_at INTEGER,
  worker TEXT,
  last_progress_at INTEGER,
  last_code TEXT NOT NULL,
  last_message TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL))
);
CREATE INDEX run_jobs_claim ON run_jobs (priority, available_at, run_id) WHERE lease_token IS NULL;
CREATE INDEX run_jobs_lease ON run_jobs (lease_expires_at) WHERE lease_token IS NOT NULL;
CREATE INDEX run_jobs_scope ON run_jobs (tenant_id, scope_key);

CREATE TABLE run_attempts (
  run_id INTEGER NOT NULL REFERENCES operation_runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  code TEXT NOT NULL,
  worker TEXT NOT NULL,
  late_result_at INTEGER,
  PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

CREATE TABLE workers (
  name TEXT NOT NULL PRIMARY KEY,
  slots INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
);

CREATE TABLE notifications (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  run_id INTEGER NOT NULL REFERENCES operation_runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('queued', 'terminal')),
  outcome TEXT NOT NULL,
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  read_at INTEGER
);
CREATE UNIQUE INDEX notifications_once ON notifications (run_id, kind);
CREATE INDEX notifications_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;
