-- How a tenant reaches an external provider, and the credential for it (sealed; the key is not in the database).

CREATE TABLE provider_connections (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider TEXT NOT NULL CHECK (provider IN ('microsoft')),
  entra_tenant_id TEXT NOT NULL CHECK (length(entra_tenant_id) = 36 AND entra_tenant_id = lower(entra_tenant_id)),
  display_name TEXT NOT NULL CHECK (length(display_name) BETWEEN 1 AND 200),
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('connected', 'needs_consent', 'error', 'disabled')),
  health TEXT CHECK (health IN ('ok', 'degraded', 'down')),
  granted_scopes TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(granted_scopes)),
  last_checked_at INTEGER,
  last_error_code TEXT,
  last_error_message TEXT,
  metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX provider_connections_scope_key ON provider_connections (tenant_id, provider, entra_tenant_id);
CREATE UNIQUE INDEX provider_connections_default_key ON provider_connections (tenant_id, provider) WHERE is_default;

CREATE TABLE provider_credentials (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  provider_connection_id INTEGER NOT NULL REFERENCES provider_connections (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('client_secret', 'certificate')),
  client_id TEXT NOT NULL CHECK (length(client_id) BETWEEN 1 AND 100),
  key_id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX provider_credentials_connection_key ON provider_credentials (provider_connection_id);
CREATE INDEX provider_credentials_tenant_id_idx ON provider_credentials (tenant_id);
