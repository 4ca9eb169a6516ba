-- name: connection_lock_tenant @sqlite
SELECT id FROM tenants WHERE id = :tenant_id
-- name: connection_lock_tenant @postgres
SELECT id FROM tenants WHERE id = :tenant_id FOR UPDATE

-- name: connection_insert
INSERT INTO provider_connections (tenant_id, provider, entra_tenant_id, display_name, is_default, status, metadata,
  created_at, updated_at)
VALUES (:tenant_id, 'microsoft', :entra_tenant_id, :display_name, :is_default, 'needs_consent', :metadata, :now, :now)
ON CONFLICT DO NOTHING
RETURNING id

-- name: connection_by_id
SELECT id, tenant_id, provider, entra_tenant_id, display_name, is_default, status, health, granted_scopes,
  last_checked_at, last_error_code, last_error_message, metadata, created_at, updated_at
FROM provider_connections WHERE tenant_id = :tenant_id AND id = :connection_id

-- name: connection_default
SELECT id, tenant_id, provider, entra_tenant_id, display_name, is_default, status, health, granted_scopes,
  last_checked_at, last_error_code, last_error_message, metadata, created_at, updated_at
FROM provider_connections WHERE tenant_id = :tenant_id AND provider = 'microsoft' AND is_default

-- name: connection_list
SELECT id, tenant_id, provider, entra_tenant_id, display_name, is_default, status, health, granted_scopes,
  last_checked_at, last_error_code, last_error_message, metadata, created_at, updated_at
FROM provider_connections WHERE tenant_id = :tenant_id
ORDER BY id

-- name: connection_health_of_member
SELECT c.tenant_id, c.health FROM provider_connections c JOIN tenant_memberships m ON m.tenant_id = c.tenant_id
WHERE m.user_id = :user_id AND c.health IS NOT NULL

-- name: connection_clear_default @sqlite
UPDATE provider_connections SET is_default = 0, updated_at = :now
WHERE tenant_id = :tenant_id AND provider = 'microsoft' AND is_default AND id <> :connection_id
-- name: connection_clear_default @postgres
UPDATE provider_connections SET is_default = false, updated_at = :now
WHERE tenant_id = :tenant_id AND provider = 'microsoft' AND is_default AND id <> :connection_id

-- name: connection_set_default @sqlite
UPDATE provider_connections SET is_default = 1, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :connection_id
-- name: connection_set_default @postgres
UPDATE provider_connections SET is_default = true, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :connection_id

-- name: connection_set_enabled
UPDATE provider_connections
SET status = CASE WHEN :status = 'needs_consent' AND status <> 'disabled' THEN status ELSE :status END,
  updated_at = :now
WHERE tenant_id = :tenant_id AND id = :connection_id

-- name: connection_record_check
UPDATE provider_connections
SET status = CASE WHEN status = 'disabled' THEN status ELSE :status END, health = :health,
  granted_scopes = coalesce(:granted_scopes, granted_scopes), last_checked_at = :now, last_error_code = :error_code,
  last_error_message = :error_message, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :connection_id

-- name: credential_upsert
INSERT INTO provider_credentials (tenant_id, provider_connection_id, kind, client_id, key_id, sealed, expires_at,
  created_at, updated_at)
VALUES (:tenant_id, :connection_id, :kind, :client_id, :key_id, :sealed, :expires_at, :now, :now)
ON CONFLICT (provider_connection_id) DO UPDATE SET kind = excluded.kind, client_id = excluded.client_id,
  key_id = excluded.key_id, sealed = excluded.sealed, expires_at = excluded.expires_at, updated_at = excluded.updated_at

-- name: credential_find
SELECT kind, client_id, key_id, sealed, expires_at, updated_at
FROM provider_credentials WHERE tenant_id = :tenant_id AND provider_connection_id = :connection_id

-- The one query over all tenants: the master key is the installation's, not a tenant's.
-- name: credentials_of_other_keys
SELECT id, tenant_id, provider_connection_id, key_id, sealed FROM provider_credentials WHERE key_id <> :key_id
ORDER BY id LIMIT :limit

-- name: credential_keys
-- Of the whole installation: which master keys its credentials need.
SELECT key_id, COUNT(*) AS credentials FROM provider_credentials GROUP BY key_id ORDER BY key_id
-- name: credential_reseal
UPDATE provider_credentials SET key_id = :key_id, sealed = :sealed
WHERE tenant_id = :tenant_id AND id = :id AND sealed = :before

-- name: connection_delete
DELETE FROM provider_connections WHERE tenant_id = :tenant_id AND id = :connection_id

-- name: connection_update
UPDATE provider_connections SET display_name = :display_name, metadata = :metadata, updated_at = :now
WHERE tenant_id = :tenant_id AND id = :connection_id

-- name: credential_delete
DELETE FROM provider_credentials WHERE tenant_id = :tenant_id AND provider_connection_id = :connection_id
