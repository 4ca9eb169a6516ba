-- Less to write for each run. Marking it as running changes no index: "not completed" is the same set of rows as
-- "queued or running" (a CHECK holds it), said by a column that stays as it is until the run ends.
DROP INDEX operation_runs_active_identity;
CREATE UNIQUE INDEX operation_runs_active_identity ON operation_runs (tenant_id, run_identity_hash)
  WHERE completed_at IS NULL;

-- Who completes a run tells its initiator without reading the run first.
ALTER TABLE run_jobs ADD COLUMN user_id INTEGER REFERENCES users (id) ON DELETE SET NULL;
UPDATE run_jobs SET user_id = (SELECT r.user_id FROM operation_runs r WHERE r.id = run_jobs.run_id);

-- Most runs have no provider scope.
DROP INDEX run_jobs_scope;
CREATE INDEX run_jobs_scope ON run_jobs (tenant_id, scope_key) WHERE scope_key <> '';
