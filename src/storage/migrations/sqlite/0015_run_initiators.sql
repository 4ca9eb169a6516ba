-- Whether a person started what waits stays known when the person is deleted: their runs must not become the system's.
-- And which API token a start came with, so that a revoked one starts nothing more. Tokens are never reused or changed.
ALTER TABLE run_jobs ADD COLUMN by_person INTEGER NOT NULL DEFAULT 0 CHECK (by_person IN (0, 1));
ALTER TABLE run_jobs ADD COLUMN token_id INTEGER;
UPDATE run_jobs SET by_person = 1 WHERE run_id IN
  (SELECT r.id FROM operation_runs r WHERE r.completed_at IS NULL
   AND (r.user_id IS NOT NULL OR r.initiator_name <> 'System'));
