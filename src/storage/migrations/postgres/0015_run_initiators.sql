-- Whether a person started what waits stays known when the person is deleted: their runs must not become the system's.
-- And which API token a start came with, so that a revoked one starts nothing more. Tokens are never reused or changed.
ALTER TABLE run_jobs ADD COLUMN by_person BOOLEAN NOT NULL DEFAULT FALSE, ADD COLUMN token_id BIGINT;
UPDATE run_jobs SET by_person = TRUE WHERE run_id IN
  (SELECT r.id FROM operation_runs r WHERE r.completed_at IS NULL
   AND (r.user_id IS NOT NULL OR r.initiator_name <> 'System'));
