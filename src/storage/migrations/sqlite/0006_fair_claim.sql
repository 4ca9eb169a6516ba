-- Claiming goes from lane to lane (priority, tenant, type, provider scope) without reading what waits inside them.
DROP INDEX run_jobs_claim;
CREATE INDEX run_jobs_claim ON run_jobs (priority, tenant_id, type, scope_key, available_at, run_id)
  WHERE lease_token IS NULL;
