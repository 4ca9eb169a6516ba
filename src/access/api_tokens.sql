-- name: api_token_insert
INSERT INTO api_tokens (user_id, name, secret_hash, hint, scopes, created_at, expires_at)
SELECT u.id, :name, :secret_hash, :hint, :scopes, :now, :expires_at FROM users u WHERE u.id = :user_id
RETURNING id AS token_id, user_id, name, hint, scopes, created_at, expires_at, last_used_at, revoked_at

-- name: api_token_list
SELECT id AS token_id, user_id, name, hint, scopes, created_at, expires_at, last_used_at, revoked_at
FROM api_tokens WHERE user_id = :user_id ORDER BY id DESC

-- name: api_token_revoke
UPDATE api_tokens SET revoked_at = coalesce(revoked_at, :now) WHERE id = :token_id AND user_id = :user_id

-- name: api_token_find
SELECT k.id AS token_id, k.name AS token_name, k.scopes, k.last_used_at, u.id AS user_id, u.email,
  u.name AS user_name, u.preferences, u.created_at AS user_created_at, u.last_sign_in_at, u.disabled_at
FROM api_tokens k JOIN users u ON u.id = k.user_id
WHERE k.secret_hash = :secret_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now)
  AND u.disabled_at IS NULL

-- name: api_token_touch
UPDATE api_tokens SET last_used_at = :now WHERE id = :token_id
